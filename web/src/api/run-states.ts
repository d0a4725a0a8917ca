import type { RunState } from './types.ts'

/** In the order in which a run passes through them. */
export const RUN_STATES: RunState[] = ['queued', 'running', 'success', 'failed']

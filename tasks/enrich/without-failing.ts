import { StaleFenceError } from '../../connections/warehouse-fence.ts'
import type { TaskContext } from '../../orchestrator/sdk/index.ts'

/**
 * Runs work that may not fail the task: an event is loaded without what is looked up for it, and
 * what is left is taken up by the next run. An attempt that was ended or has lost its lease does
 * fail: it has no say any more.
 */
export async function withoutFailing(
  what: string,
  { signal, log }: TaskContext,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (signal.aborted || error instanceof StaleFenceError) throw error
    log.error(`${what} failed; what is left is pending until the next run: ${messageOf(error)}`)
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

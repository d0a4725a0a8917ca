/** What the worker says about itself, as against what its tasks say. */
export type WorkerLog = (level: 'info' | 'warning' | 'error', message: string) => void

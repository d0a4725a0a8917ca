// Engines: embedded by default, each replaced on its own by one variable. See types.ts.

export { attachEngines, EnginesNotRunningError } from './attach-engines.ts'
export { endWithParent } from './end-with-parent.ts'
export { EngineError } from './engine-error.ts'
export { HomeTakenError } from './home-lock.ts'
export { inspectEngines } from './inspect-engines.ts'
export { type MissingEngine, missingEngines } from './missing-engines.ts'
export { type StartOptions, startEngines } from './start-engines.ts'
export { aborted, listenForStop, type StopSignals } from './stop-signals.ts'
export type * from './types.ts'
export { withEngines } from './with-engines.ts'

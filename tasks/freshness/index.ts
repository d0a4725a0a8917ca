// Tasks that watch whether what sources send arrives in time.

export { checkSources } from './check-sources.ts'

// The landing of the shop, without its schedule: started by the test, retried at once.

import { defineDag } from '../../../orchestrator/sdk/index.ts'
import { consumeAndSave, measureLag } from '../../../tasks/raw/index.ts'

export default defineDag({ id: 'landing', schedule: null }, (dag) => {
  const lag = dag.task('measure_lag', measureLag, { topics: ['user_events'] })
  dag.task('consume_and_save', consumeAndSave, { lag, rowsPerTransaction: 200 })
})

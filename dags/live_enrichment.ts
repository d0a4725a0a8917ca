// live_enrichment: ask live APIs what raw_to_dds noted.
//
// A DAG of its own, because an API may hang, refuse or have no call left this month, and the base load
// waits for none of that. What stays pending is asked again by later runs; answers reopen the days that
// they touch. Without a key every run ends at its first task.
import { asset, cron, defineDag } from '../orchestrator/sdk/index.ts'
import {
  getCurrencyRates,
  getRandomCity,
  getWeather,
  hasLiveQuestions,
  tellMarts,
} from '../tasks/enrich/index.ts'

export default defineDag(
  {
    id: 'live_enrichment',
    description: 'Ask live APIs for cities, weather and exchange rates.',
    schedule: [cron('*/15 * * * *', { timezone: 'UTC' }), asset('dds:lookup_question')],
    catchup: false,
    maxActiveRuns: 1,
    defaults: { retries: 1, retryDelay: '10s', timeout: '10m' },
    tags: ['003', 'dds'],
  },
  (dag) => {
    const gate = dag.shortCircuit('has_questions', hasLiveQuestions)
    const cities = dag.task('get_random_city', getRandomCity, { live: true }).after(gate)
    const weather = dag.task('get_weather', getWeather, { live: true }).after(gate)
    const rates = dag.task('get_currency_rates', getCurrencyRates, { live: true }).after(gate)
    dag.task(
      'tell_marts',
      tellMarts,
      { results: [cities, weather, rates] },
      { outlets: [asset('dds:user_events')] },
    )
  },
)

// raw_to_dds: validate what landed and take it to the Data Vault.
//
// clean_and_validate decides what each message is, in one transaction with the watermark; the
// targets read what it staged, side by side, and may run again at any time. The checks stand before
// finish_loads: what fails them is not published. So do the look-ups that need no network, whose failures
// are only logged: the first marts of an event have its place and weather. What a live API has to be
// asked is left to live_enrichment, which wake_live_enrichment starts.
//
// Triggered with --conf '{"rebuild": true}' it first builds the whole vault anew from raw.
import { asset, cron, defineDag } from '../orchestrator/sdk/index.ts'
import {
  checkLoads,
  cleanAndValidate,
  finishLoads,
  loadOrdersFromEvents,
  loadProductsAndCategories,
  rebuildVault,
  refreshStatistics,
  reportQuarantine,
  upsertUsersFromRaw,
  validateAndLoadEvents,
} from '../tasks/dds/index.ts'
import {
  findLookups,
  getCurrencyRates,
  getRandomCity,
  getWeather,
  wakeLiveEnrichment,
} from '../tasks/enrich/index.ts'

export default defineDag(
  {
    id: 'raw_to_dds',
    description: 'Validate landed events and load them into the Data Vault.',
    schedule: [cron('0 * * * *', { timezone: 'UTC' }), asset('raw:user_events')],
    catchup: false,
    maxActiveRuns: 1,
    defaults: { retries: 3, retryDelay: '10s', backoff: 'exponential', timeout: '30m' },
    tags: ['003', 'dds'],
  },
  (dag) => {
    const rebuilt = dag.task('rebuild_vault', rebuildVault, {}, { timeout: '12h' })
    const loads = dag
      .task('clean_and_validate', cleanAndValidate, { topic: 'user_events' })
      .after(rebuilt)
    const users = dag.task('upsert_users_from_raw', upsertUsersFromRaw, { loads })
    const products = dag.task('load_products_and_categories', loadProductsAndCategories, { loads })
    const orders = dag.task('load_orders_from_events', loadOrdersFromEvents, { loads })
    const events = dag.task('validate_and_load_events', validateAndLoadEvents, { loads })
    const statistics = dag
      .task('refresh_statistics', refreshStatistics, {})
      .after(users, products, orders, events)
    const checks = dag.task('check_loads', checkLoads, { loads }).after(statistics)
    const found = dag.task('find_lookups', findLookups, { loads }).after(statistics)
    const cities = dag.task('get_random_city', getRandomCity, { found })
    const weather = dag.task('get_weather', getWeather, { found })
    const rates = dag.task('get_currency_rates', getCurrencyRates, { found })
    const finish = dag
      .task('finish_loads', finishLoads, { loads }, { outlets: [asset('dds:user_events')] })
      .after(checks, cities, weather, rates)
    dag.task('report_quarantine', reportQuarantine, { loads }).after(finish)
    dag
      .task(
        'wake_live_enrichment',
        wakeLiveEnrichment,
        {},
        { outlets: [asset('dds:lookup_question')] },
      )
      .after(finish)
  },
)

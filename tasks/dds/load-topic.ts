// The tasks that take one topic from raw to dds, the same for every DAG that does so.
//
// clean_and_validate decides what each message is, in one transaction with the watermark; the targets
// read what it staged, side by side, and may run again at any time. The checks stand before finish_loads:
// what fails them is not published. So do the look-ups that need no network, whose failures are only
// logged: the first marts of an event have its place and weather. What a live API has to be asked is left to
// live_enrichment, which wake_live_enrichment starts.

import { asset, type DagBuilder, type TaskReference } from '../../orchestrator/sdk/index.ts'
import {
  findLookups,
  getCurrencyRates,
  getRandomCity,
  getWeather,
  wakeLiveEnrichment,
} from '../enrich/index.ts'
import { checkContracts } from './check-contracts.ts'
import { cleanAndValidate } from './clean-and-validate.ts'
import { finishLoads } from './finish-loads.ts'
import {
  loadOrdersFromEvents,
  loadProductsAndCategories,
  upsertUsersFromRaw,
  validateAndLoadEvents,
} from './load-targets.ts'
import { reportQuarantine } from './quarantine-report.ts'
import { refreshStatistics } from './refresh-statistics.ts'
import { checkLoads } from './run-checks.ts'

/** Adds them behind the task `before`. The last one that matters updates the asset `dds:<topic>`. */
export function loadTopic(dag: DagBuilder, topic: string, before: TaskReference): void {
  const loads = dag.task('clean_and_validate', cleanAndValidate, { topic }).after(before)
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
    .task('finish_loads', finishLoads, { loads }, { outlets: [asset(`dds:${topic}`)] })
    .after(checks, cities, weather, rates)
  dag.task('report_quarantine', reportQuarantine, { loads }).after(finish)
  dag.task('check_contracts', checkContracts, { loads }, { retries: 0 }).after(finish)
  dag
    .task(
      'wake_live_enrichment',
      wakeLiveEnrichment,
      {},
      { outlets: [asset('dds:lookup_question')] },
    )
    .after(finish)
}

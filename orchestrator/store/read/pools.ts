import type { Pool } from '../../../connections/postgres.ts'
import { fetchPage, type Listed, type Page, sql, wherePattern } from './page.ts'

export interface PoolRow {
  name: string
  slots: number
  occupiedSlots: number
  description: string | null
  runningSlots: number
  queuedSlots: number
  scheduledSlots: number
  deferredSlots: number
}

const slotsIn = (states: string, name: string) =>
  sql.raw(`(select coalesce(sum(t.pool_slots), 0)::int from terrace.task_instance t
            where t.pool = p.name and t.state in (${states})) as "${name}"`)

export async function listPools(
  pool: Pool,
  filter: { name?: string | undefined; namePattern?: string | undefined },
  page: Page,
): Promise<Listed<PoolRow>> {
  const query = sql('terrace.pool as p').select(
    'p.name',
    'p.slots',
    'p.occupied_slots as occupiedSlots',
    'p.description',
    slotsIn(`'running', 'restarting'`, 'runningSlots'),
    slotsIn(`'queued'`, 'queuedSlots'),
    slotsIn(`'scheduled'`, 'scheduledSlots'),
    slotsIn(`'deferred'`, 'deferredSlots'),
  )
  if (filter.name !== undefined) query.where('p.name', filter.name)
  wherePattern(query, 'p.name', filter.namePattern)
  const order = { id: 'p.name', pool: 'p.name', name: 'p.name', slots: 'p.slots' }
  return fetchPage(pool, query, page, order, 'p.name')
}

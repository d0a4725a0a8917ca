import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openPostgres } from '../../connections/postgres.ts'
import {
  DEFAULT_SHOP,
  type GeneratedMessage,
  generateInterval,
  type Shop,
} from '../../generators/index.ts'
import { FailTask } from '../../orchestrator/sdk/index.ts'
import { rebuildVault } from '../../tasks/dds/index.ts'
import { repeatLoads } from '../../tasks/dds/rebuild/repeat-loads.ts'
import { openShadow } from '../../tasks/dds/rebuild/shadow.ts'
import { ReplayBusyError, replay } from '../../tasks/quarantine/replay.ts'
import { sampleEvent, withField } from './sample-events.ts'
import { vaultContent } from './vault-content.ts'
import {
  landTopic,
  loadVault,
  nextContext,
  openTestWarehouse,
  type TestWarehouse,
} from './warehouse.ts'

const TOPIC = 'user_events'
const SHOP: Shop = {
  ...DEFAULT_SHOP,
  seed: 'rebuild',
  eventsPerMinute: 40,
  founders: 60,
  brokenShare: 0.03,
  conflictShare: 0.01,
  reopenedShare: 0.3,
}

let shop: TestWarehouse
beforeEach(async () => {
  shop = await openTestWarehouse()
  await shop.log.ensureTopics([{ topic: TOPIC, partitions: 3 }])
  const messages = producedMessages()
  const half = Math.ceil(messages.length / 2)
  for (const part of [messages.slice(0, half), messages.slice(half)]) {
    await send(part)
    await loadVault({ rowsPerLoad: 150 })
  }
})
afterEach(() => shop.close())

function producedMessages(): GeneratedMessage[] {
  const start = Date.UTC(2026, 0, 1, 20)
  return [...generateInterval(SHOP, new Date(start), new Date(start + 15 * 60_000))].flat()
}

async function send(
  messages: { key: string; value: Buffer | null; headers?: Record<string, string> }[],
): Promise<void> {
  await shop.log.append(TOPIC, messages)
  await landTopic()
}

const rebuild = () => rebuildVault({}, nextContext({ conf: { rebuild: true } }))

/** Everything that a rebuild has to give back, times of loads included. */
async function wholeState() {
  const rows = async (query: string) => (await shop.pool.query(query)).rows
  return {
    vault: await vaultContent(shop.pool, { withPlaces: true }),
    loads: await rows(
      `select load_id, log_id, topic, ranges, state, rule_version, count_raw, count_staged,
         count_duplicates, count_quarantined, staged_at, questions_noted_at
       from dds.load where log_id <> 'rebuild' order by load_id`,
    ),
    times: await rows(
      `select 'h_user' as name, user_hk as key, load_dts from dds.h_user
       union all select 'nl_event', event_hk, load_dts from dds.nl_event
       order by name, key`,
    ),
    staged: await rows('select count(*) from dds.stage_event'),
    watermarks: await rows('select * from dds.raw_watermark order by kafka_partition'),
    duplicates: await rows('select * from raw.duplicate order by kafka_partition, kafka_offset'),
    quarantine: await rows('select * from raw.quarantine order by kafka_partition, kafka_offset'),
    accounting: await rows('select * from dds.accounting order by kafka_partition'),
  }
}

/** How the tables are made, as an analyst or a later migration finds them. */
async function structure() {
  const { rows } = await shop.pool.query(
    `select 'column' as kind, format('%s.%s %s', c.relname, a.attname, a.atttypid::regtype) as name,
       concat_ws(' ', a.attnotnull, a.attidentity, pg_get_expr(d.adbin, d.adrelid),
         col_description(c.oid, a.attnum), obj_description(c.oid, 'pg_class')) as what
     from pg_class as c
     join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     left join pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
     where c.relnamespace in ('dds'::regnamespace, 'raw'::regnamespace)
       and c.relkind in ('r', 'v', 'S')
     union all
     select 'constraint', format('%s.%s', conrelid::regclass, conname), pg_get_constraintdef(oid)
     from pg_constraint
     where connamespace in ('dds'::regnamespace, 'raw'::regnamespace) and contype <> 'n'
     union all
     select 'index', indexname, indexdef from pg_indexes where schemaname in ('dds', 'raw')
     union all
     select 'view', viewname, definition from pg_views where schemaname in ('dds', 'raw')
     union all
     select 'function', p.oid::regprocedure::text, pg_get_functiondef(p.oid)
     from pg_proc as p where pronamespace in ('dds'::regnamespace, 'raw'::regnamespace)
     union all
     select 'schema', nspname, null from pg_namespace where nspname like 'dds%'
     order by kind, name`,
  )
  return rows
}

describe('A rebuild of the vault', () => {
  it('gives the same vault, loads, duplicates, quarantine and structure', async () => {
    const before = { state: await wholeState(), structure: await structure() }
    const refused = new Set(before.state.quarantine.map(({ reason }) => reason))
    expect(refused).toContain('status_after_closed')
    expect(refused).toContain('event_id_conflict')
    expect(await rebuild()).toMatchObject({ isRebuilt: true })
    expect(await wholeState()).toEqual(before.state)
    expect(await structure()).toEqual(before.structure)
  })

  it('may run again, and the warehouse goes on after it', async () => {
    await rebuild()
    await rebuild()
    const late = sampleEvent('signup', 1, { payload: { user_id: 'after-the-rebuild' } })
    await send([{ key: 'k', value: Buffer.from(JSON.stringify(late)) }])
    const { loadIds } = await loadVault()
    const { rows } = await shop.pool.query('select max(load_id) as last from dds.load')
    expect(loadIds).toEqual([rows[0].last])
    const users = await shop.pool.query(
      `select from dds.h_user where user_id = 'after-the-rebuild'`,
    )
    expect(users.rowCount).toBe(1)
  })

  it('mends a vault that was damaged', async () => {
    const before = await vaultContent(shop.pool)
    await shop.pool.query(`delete from dds.l_session_user`)
    await shop.pool.query(`update dds.s_order_line set quantity = quantity + 1`)
    await shop.pool.query(`delete from raw.duplicate`)
    expect(await vaultContent(shop.pool)).not.toEqual(before)
    await rebuild()
    expect(await vaultContent(shop.pool)).toEqual(before)
    const { rows } = await shop.pool.query('select * from dds.accounting where difference <> 0')
    expect(rows).toEqual([])
  })

  it('opens every day for the marts once more, those that are gone as well', async () => {
    await shop.pool.query(
      `insert into dds.load_day select min(load_id), 'terrace', '2020-02-29' from dds.load`,
    )
    await rebuild()
    const { rows } = await shop.pool.query(
      `select array_agg(distinct day::text order by day::text) as days,
         array_agg(distinct day::text order by day::text) filter (where log_id = 'rebuild') as reopened
       from dds.load_day join dds.load using (load_id)`,
    )
    expect(rows[0].reopened).toEqual(rows[0].days)
    expect(rows[0].reopened).toContain('2020-02-29')
  })

  it('keeps the answers of providers, and the loads and days that they came with', async () => {
    await shop.pool.query(
      `with lookup as (
         insert into dds.load (log_id, topic, ranges, state, rule_version, count_raw, count_staged,
           count_duplicates, count_quarantined, finished_at)
         values ('lookup', 'geo', '[]', 'finished', 1, 0, 0, 0, 0, now())
         returning load_id
       ),
       day as (
         insert into dds.load_day select load_id, 'terrace', '2019-12-31' from lookup
       )
       insert into dds.s_location_geo
       select location_hk, now(), dds.hash_diff('x'), 'Istanbul', 'TR', 'offline', now(), 'offline', 0
       from dds.h_location where record_source <> 'ghost'`,
    )
    const answers = () =>
      shop.pool.query(
        `select location_hk, applied_at, city, load_dts,
           (select array_agg(load_id) from dds.load where log_id = 'lookup') as loads,
           (select count(*) from dds.load_day where day = '2019-12-31') as days
         from dds.s_location_geo where provider = 'offline' order by location_hk`,
      )
    const before = await answers()
    expect(before.rowCount).toBeGreaterThan(0)
    await rebuild()
    const after = await answers()
    expect(after.rows).toEqual(before.rows.map((row) => ({ ...row, days: '2' })))
  })

  it('takes loads that were staged while it went on, and leaves what has only landed to the next run', async () => {
    const context = nextContext({ conf: { rebuild: true } })
    await openShadow(shop.pool, context)
    await repeatLoads(shop.pool, context)
    const user = (n: number, name: string) => {
      const event = sampleEvent('signup', n, { payload: { user_id: name } })
      return { key: 'k', value: Buffer.from(JSON.stringify(event)) }
    }
    await send([user(1, 'loaded-meanwhile')])
    await loadVault()
    await send([user(2, 'landed-meanwhile')])
    await rebuildVault({}, context)
    const users = async () => {
      const { rows } = await shop.pool.query(
        `select user_id from dds.h_user where user_id like '%-meanwhile' order by 1`,
      )
      return rows.map(({ user_id }) => user_id)
    }
    expect(await users()).toEqual(['loaded-meanwhile'])
    await loadVault()
    expect(await users()).toEqual(['landed-meanwhile', 'loaded-meanwhile'])
    const { rows } = await shop.pool.query('select * from dds.accounting where difference <> 0')
    expect(rows).toEqual([])
  })

  it('keeps messages taken that were refused once and replayed, mended or not', async () => {
    const bad = sampleEvent('view', 1, { payload: { user_id: 'mended' } })
    await send([{ key: 'k', value: Buffer.from(withField(bad, 'payload.quantity', '0')) }])
    await loadVault()
    const { rows } = await shop.pool.query(
      `select log_id as "logId", topic, kafka_partition as partition, kafka_offset as offset
       from raw.quarantine where reason = 'bad_quantity' and event_id = $1`,
      [bad.event_id],
    )
    const mended = Buffer.from(JSON.stringify(bad))
    const { staged } = await replay(shop.pool, {
      selection: { place: rows[0] },
      mended,
      dryRun: false,
      replayedBy: 'test',
    })
    expect(staged).toBe(1)
    await loadVault()
    const before = await wholeState()
    await rebuild()
    expect(await wholeState()).toEqual(before)
  })

  it('begins when a replay that is under way has ended, and lets no other one begin', async () => {
    const replaying = await shop.pool.connect()
    await replaying.query('begin')
    await replaying.query('lock table dds.stage_event in share row exclusive mode')
    const opening = openShadow(shop.pool, nextContext())
    const waiting = async () => {
      const { rows } = await shop.pool.query(
        `select mode from pg_locks where not granted and relation = 'dds.stage_event'::regclass`,
      )
      return rows
    }
    await expect.poll(waiting, { timeout: 10_000 }).toEqual([{ mode: 'ShareRowExclusiveLock' }])
    await replaying.query('commit')
    replaying.release()
    await opening

    const again = () =>
      replay(shop.pool, {
        selection: { reason: 'not_json' },
        dryRun: false,
        replayedBy: 'cli:test',
      })
    await expect(again()).rejects.toThrow(ReplayBusyError)
    await rebuild()
    await expect(again()).resolves.toMatchObject({ staged: 0 })
  })

  it('never shows a reader an empty or half vault', async () => {
    const reader = openPostgres(shop.url, { max: 2 })
    const look = async () => {
      const { rows } = await reader.query(
        `select
           (select count(*) from dds.nl_event) as events,
           (select count(*) from dds.h_user) as users,
           (select count(*) from dds.l_order_product) as lines,
           (select sum(count_loaded) from dds.accounting) as loaded,
           (select count(*) from dds.nl_event join dds.h_session using (session_hk)) as joined`,
      )
      return JSON.stringify(rows[0])
    }
    const before = await look()
    let isRebuilding = true
    const seen: string[] = []
    const readers = [1, 2].map(async () => {
      while (isRebuilding) seen.push(await look())
    })
    await rebuild().finally(() => {
      isRebuilding = false
    })
    await Promise.all(readers)
    await reader.end()
    expect(seen.length).toBeGreaterThan(5)
    expect(new Set(seen)).toEqual(new Set([before]))
  })

  it.each([
    'rebuild_vault.before_group_commit=kill:1',
    'rebuild_vault.before_swap_commit=kill:1',
    'rebuild_vault.after_swap=kill:1',
  ])('ends the same after %s, run again', async (failpoints) => {
    const before = { state: await wholeState(), structure: await structure() }
    expect(await rebuildInChild(failpoints)).toBe('SIGKILL')
    expect((await wholeState()).vault).toEqual(before.state.vault)
    expect(await rebuildInChild('')).toBe(null)
    expect(await wholeState()).toEqual(before.state)
    expect(await structure()).toEqual(before.structure)
  })

  it('does nothing without being asked, and names a conf that it does not know', async () => {
    expect(await rebuildVault({}, nextContext())).toEqual({ isRebuilt: false, countLoads: 0 })
    const asked = (conf: Record<string, never> | object) =>
      rebuildVault({}, nextContext({ conf: conf as Record<string, never> }))
    expect(await asked({ rebuild: false })).toEqual({ isRebuilt: false, countLoads: 0 })
    await expect(asked({ rebuild: 'yes' })).rejects.toThrow(FailTask)
    await expect(asked({ rebuild: 'yes' })).rejects.toThrow(
      'conf.rebuild: found "yes", allowed are true and false.',
    )
    await expect(asked({ rebuid: true })).rejects.toThrow(
      'conf: found key "rebuid", but raw_to_dds knows only "rebuild".',
    )
  })

  it('stops when a check fails on what it built, and leaves the old vault', async () => {
    const before = await vaultContent(shop.pool)
    const context = nextContext({ conf: { rebuild: true } })
    await openShadow(shop.pool, context)
    await shop.pool.query('create rule lost as on insert to dds_next.h_user do instead nothing')
    await expect(rebuildVault({}, context)).rejects.toThrow(/event_without_hub.sql: \d+ offending/)
    expect(await vaultContent(shop.pool)).toEqual(before)
  })

  it('stops when raw no longer holds what the vault was made of', async () => {
    const before = await vaultContent(shop.pool)
    await shop.pool.query('delete from raw.user_events where kafka_offset = 0')
    await expect(rebuild()).rejects.toThrow(
      /Load 1 was made of \d+ messages of topic user_events, but raw.message holds \d+ of them now/,
    )
    expect(await vaultContent(shop.pool)).toEqual(before)
  })

  async function rebuildInChild(failpoints: string): Promise<NodeJS.Signals | null> {
    const script = fileURLToPath(new URL('rebuild-in-child.ts', import.meta.url))
    const child = spawn(process.execPath, ['--import', 'tsx', script, shop.url], {
      env: { ...process.env, TERRACE_FAILPOINTS: failpoints },
      stdio: 'inherit',
    })
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    if (signal === null && code !== 0) throw new Error(`rebuild-in-child.ts ended with ${code}`)
    return signal
  }
})

// An order that comes whole in one message may be sent again: its newest version holds, with its lines and no
// others, whatever the order in which the versions arrive.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRandom } from '../../generators/random.ts'
import type { CleanMessage } from '../../tasks/messages/clean-message.ts'
import { loadStaged, stageClean, wholeOrder } from './clean-messages.ts'
import { vaultContent } from './vault-content.ts'
import { openTestWarehouse, type TestWarehouse } from './warehouse.ts'

const SOURCE = 'terrace'

let shop: TestWarehouse
beforeEach(async () => {
  shop = await openTestWarehouse()
})
afterEach(() => shop.close())

const at = (day: number, hour = 12) => `2026-01-0${day}T${hour}:00:00.000000Z`
const order = (
  version: number,
  day: number,
  lines: [string, number, string | null][],
  orderedAt = at(1),
) =>
  wholeOrder({
    source: SOURCE,
    orderId: 'o-1',
    version,
    orderedAt,
    updatedAt: at(day),
    user: 'u-1',
    lines,
  })

async function take(...messages: CleanMessage[]): Promise<string> {
  const { loadId } = await stageClean(shop.pool, messages)
  await loadStaged([loadId])
  return loadId
}

/** Lines that hold, as the facts read them. */
async function linesNow(): Promise<string[]> {
  const { rows } = await shop.pool.query<{ line: string }>(
    `select concat_ws(' ', order_now.order_id, link.line_no, h_product.product_id,
       trim_scale(said.quantity), coalesce(trim_scale(said.unit_price)::text, 'unpriced')) as line
     from dds.order_now
     join dds.l_order_product as link using (order_hk)
     join dds.h_product using (product_hk)
     join dds.s_order_line as said using (order_product_hk)
     where said.version_hk is not distinct from order_now.version_hk
     order by line`,
  )
  return rows.map(({ line }) => line)
}

async function orderedAt(): Promise<string> {
  const { rows } = await shop.pool.query<{ ordered_at: Date }>(
    'select ordered_at from dds.order_now',
  )
  return rows[0]!.ordered_at.toISOString().slice(0, 10)
}

async function daysOf(loadId: string): Promise<number[]> {
  const { rows } = await shop.pool.query<{ day: string }>(
    'select distinct day from dds.load_day where load_id = $1 order by day',
    [loadId],
  )
  return rows.map(({ day }) => Number(day.slice(-2)))
}

const THREE: [string, number, string | null][] = [
  ['p-1', 1, '10'],
  ['p-2', 0, '20.5'],
  ['p-2', 2, null],
]

describe('A whole order', () => {
  it('has its lines, with a repeated product, a quantity of 0 and no price', async () => {
    await take(order(1, 1, THREE))
    expect(await linesNow()).toEqual(['o-1 1 p-1 1 10', 'o-1 2 p-2 0 20.5', 'o-1 3 p-2 2 unpriced'])
    const { rows } = await shop.pool.query(`select status, currency, user_id from dds.order_now`)
    expect(rows).toEqual([{ status: 'CLOSED', currency: 'SEK', user_id: 'u-1' }])
  })

  it.each([
    ['after', [0, 1]],
    ['before', [1, 0]],
    ['in one load with', [0, 1, 2]],
  ])(
    'loses the line that its newer version lacks, which arrives %s the older one',
    async (_, way) => {
      const versions = [order(1, 1, THREE), order(2, 2, [['p-2', 5, '3']])]
      if (way.length === 3) await take(...versions)
      else for (const which of way) await take(versions[which]!)
      expect(await linesNow()).toEqual(['o-1 1 p-2 5 3'])
    },
  )

  it('is as its greater hash says when two versions have one time', async () => {
    const versions = [1, 2].map((version) => order(version, 1, [[`p-${version}`, 1, '1']]))
    await take(versions[0]!)
    await take(versions[1]!)
    const { rows } = await shop.pool.query(
      'select max(version_hk::text) = (select version_hk::text from dds.order_now) as is_greater from dds.s_order_cost',
    )
    expect(rows).toEqual([{ is_greater: true }])
    expect((await linesNow()).length).toBe(1)
  })

  it('was ordered when its newest version says, and reopens the days of the others', async () => {
    await take(order(1, 2, THREE, at(2)))
    expect(await orderedAt()).toBe('2026-01-02')
    const moved = await take(order(2, 4, [['p-1', 1, '10']], at(3)))
    expect(await orderedAt()).toBe('2026-01-03')
    expect(await daysOf(moved)).toEqual([2, 3, 4])
    // What it says is older: it changes nothing, and a day too many is only work.
    await take(order(3, 3, THREE, at(1)))
    expect(await orderedAt()).toBe('2026-01-03')
  })

  it('reopens its day when a product of it moves to another category', async () => {
    await take(order(1, 1, [['p-1', 1, '1']]))
    const other = order(9, 5, [['p-1', 1, '1']])
    const seen = { ...other.products![0]!, category: 'other' }
    const loadId = await take({
      ...other,
      orderId: 'o-2',
      eventId: 'o-2',
      products: [seen],
      order: { ...other.order!, orderedAt: at(5) },
    })
    expect(await daysOf(loadId)).toEqual([1, 5])
  })

  it('is a duplicate when it comes twice, and a conflict with other content', async () => {
    const first = order(1, 1, THREE)
    await take(first)
    expect(await stageClean(shop.pool, [first])).toMatchObject({ duplicates: 1, quarantined: 0 })
    expect(await stageClean(shop.pool, [order(1, 2, [])])).toMatchObject({
      duplicates: 0,
      quarantined: 1,
    })
  })
})

it('The vault of orders is the same when their versions come shuffled, twice and in many loads', async () => {
  const random = createRandom('versions')
  const versions = Array.from({ length: 60 }, (_, n) =>
    wholeOrder({
      source: SOURCE,
      orderId: `o-${n % 20}`,
      version: Math.floor(n / 20),
      orderedAt: at(random.between(1, 3)),
      updatedAt: at(random.between(3, 6), random.between(10, 20)),
      user: `u-${n % 7}`,
      lines: Array.from({ length: random.between(1, 4) }, () => [
        `p-${random.between(1, 9)}`,
        random.between(0, 3),
        random.chance(0.2) ? null : `${random.between(1, 99)}.5`,
      ]),
    }),
  )
  await take(...versions)
  const [straight, lines] = [await vaultContent(shop.pool), await linesNow()]
  expect(lines.length).toBeGreaterThan(20)
  for (let round = 0; round < 2; round++) {
    await shop.close()
    shop = await openTestWarehouse()
    const mixed = [...versions, ...versions.filter(() => random.chance(0.3))]
      .map((message) => ({ message, place: random.next() }))
      .sort((a, b) => a.place - b.place)
      .map(({ message }) => message)
    const [first, second, third] = [mixed.slice(0, 20), mixed.slice(20, 45), mixed.slice(45)]
    await take(...first)
    const staged = [await stageClean(shop.pool, second), await stageClean(shop.pool, third)]
    await loadStaged(staged.map(({ loadId }) => loadId).toReversed())
    expect(await vaultContent(shop.pool)).toEqual(straight)
    expect(await linesNow()).toEqual(lines)
  }
})

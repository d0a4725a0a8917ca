// Reads of messages whose rows are lists and whose prices are texts.

import { cp, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { CodeHasher } from '../../orchestrator/dag-processor/code-hash.ts'
import { Fields } from '../../tasks/messages/fields.ts'
import { parseStrictJson, type StrictObject } from '../../tasks/messages/strict-json.ts'

const TIMES = { oldest: new Date(0), latest: new Date('2030-01-01'), zone: 'UTC' }
const fieldsOf = (json: string) => new Fields(parseStrictJson(json) as StrictObject, TIMES as never)
const goodsOf = (json: string) => fieldsOf(json).rows('goods', ['sku', 'pieces', 'each'])

it('reads the places of rows by their names', () => {
  const [tea, rusk] = goodsOf('{"goods":[["tea",2,"40.00"],["rusk",1,"12.5"]]}')
  expect([tea!.id('sku'), tea!.quantity('pieces'), tea!.textPrice('each', 'INR')]).toEqual([
    'tea',
    2,
    '40.00',
  ])
  expect(rusk!.textPrice('each', 'INR')).toBe('12.5')
})

it.each([
  ['{"goods":[]}', 'goods: found [], at least one is required'],
  ['{"goods":["tea"]}', 'goods: found ["tea"], a list of rows is required'],
  ['{"goods":[["tea",2,"40",1]]}', 'each a list of sku, pieces, each'],
  ['{"goods":[["tea",2]]}', 'goods[0][2]: found nothing, a value is required'],
  ['{"goods":[["tea",2,"1"],["tea",2,"40,00"]]}', 'goods[1][2]: found "40,00", a price is digits'],
  ['{"goods":[["tea",2,40]]}', 'goods[0][2]: found 40, a string is required'],
  ['{"goods":[["tea",2,"-1"]]}', 'goods[0][2]: found "-1", a price is 0 or more'],
  ['{"goods":[["tea",2,"0.005"]]}', 'goods[0][2]: found "0.005", INR has at most 2 decimals'],
])('refuses %s by the place where it is wrong', (json, problem) => {
  expect(() => goodsOf(json).map((row) => row.textPrice('each', 'INR'))).toThrow(problem)
})

it('belongs to the code of a DAG with the adapters and rules that it reads by', async () => {
  const project = await realpath(await mkdtemp(join(tmpdir(), 'terrace-rules-')))
  onTestFinished(() => rm(project, { recursive: true, force: true }))
  for (const name of ['tasks/messages', 'tasks/sources', 'seeds'])
    await cp(name, join(project, name), { recursive: true })
  await cp('dags', join(project, 'dags'), { recursive: true })
  await cp('tasks/dds', join(project, 'tasks/dds'), { recursive: true })
  const hash = () => new CodeHasher().hash(join(project, 'dags'), 'order_stream.ts')
  const before = await hash()
  await writeFile(join(project, 'seeds/sources.json'), '[]')
  const ofOtherRules = await hash()
  await writeFile(join(project, 'tasks/sources/kiosk.ts'), 'export {}')
  expect(new Set([before, ofOtherRules, await hash()]).size).toBe(3)
})

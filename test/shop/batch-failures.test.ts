// Which failures say something about a batch, and which about the server that it was sent to.

import { expect, it } from 'vitest'
import { DataCheckFailed } from '../../orchestrator/sdk/index.ts'
import { isOwnReason } from '../../tasks/marts/batch-failures.ts'
import { openMartsStore } from './marts-store.ts'

const OF_THE_SERVER: [number, string][] = [
  [74, 'CANNOT_READ_FROM_FILE_DESCRIPTOR'],
  [75, 'CANNOT_WRITE_TO_FILE_DESCRIPTOR'],
  [76, 'CANNOT_OPEN_FILE'],
  [77, 'CANNOT_CLOSE_FILE'],
  [81, 'UNKNOWN_DATABASE'],
  [60, 'UNKNOWN_TABLE'],
  [159, 'TIMEOUT_EXCEEDED'],
  [164, 'READONLY'],
  [172, 'CANNOT_CREATE_DIRECTORY'],
  [173, 'CANNOT_ALLOCATE_MEMORY'],
  [192, 'UNKNOWN_USER'],
  [193, 'WRONG_PASSWORD'],
  [194, 'REQUIRED_PASSWORD'],
  [198, 'DNS_ERROR'],
  [201, 'QUOTA_EXCEEDED'],
  [202, 'TOO_MANY_SIMULTANEOUS_QUERIES'],
  [209, 'SOCKET_TIMEOUT'],
  [210, 'NETWORK_ERROR'],
  [225, 'NO_ZOOKEEPER'],
  [236, 'ABORTED'],
  [241, 'MEMORY_LIMIT_EXCEEDED'],
  [242, 'TABLE_IS_READ_ONLY'],
  [243, 'NOT_ENOUGH_SPACE'],
  [252, 'TOO_MANY_PARTS'],
  [279, 'ALL_CONNECTION_TRIES_FAILED'],
  [285, 'TOO_FEW_LIVE_REPLICAS'],
  [319, 'UNKNOWN_STATUS_OF_INSERT'],
  [394, 'QUERY_WAS_CANCELLED'],
  [439, 'CANNOT_SCHEDULE_TASK'],
  [497, 'ACCESS_DENIED'],
  [499, 'S3_ERROR'],
  [516, 'AUTHENTICATION_FAILED'],
  [745, 'SERVER_OVERLOADED'],
  [999, 'KEEPER_EXCEPTION'],
]

it('is no batch that a store did not answer for', () => {
  const of = (properties: object) => Object.assign(new Error('x'), properties)
  expect(isOwnReason(of({ code: 'ECONNREFUSED' }))).toBe(false)
  expect(isOwnReason(new AggregateError([of({ code: 'ECONNREFUSED' })]))).toBe(false)
  expect(isOwnReason(new Error('x', { cause: of({ code: 'ECONNRESET' }) }))).toBe(false)
  expect(isOwnReason(of({ name: 'error', code: '57P01' }))).toBe(false)
  expect(isOwnReason(of({ name: 'StaleFenceError' }))).toBe(false)
  expect(isOwnReason(of({ type: 'SYNTAX_ERROR', code: '62' }))).toBe(true)
  expect(isOwnReason(of({ name: 'error', code: '22003' }))).toBe(true)
  expect(isOwnReason(new DataCheckFailed('a row offends'))).toBe(true)
})

it.each(OF_THE_SERVER)('is no batch that ClickHouse refused with error %i, %s', (code, type) => {
  const error = Object.assign(new Error('refused'), { type, code: String(code) })
  expect(isOwnReason(error)).toBe(false)
})

it('knows the errors of ClickHouse by the names that ClickHouse gives them', async () => {
  const store = await openMartsStore()
  try {
    const codes = OF_THE_SERVER.map(([code]) => code)
    const named = await store.rows<{ name: string }>(
      `select errorCodeToName(arrayJoin([${codes}])) as name`,
    )
    expect(named.map(({ name }) => name)).toEqual(OF_THE_SERVER.map(([, type]) => type))
  } finally {
    await store.close()
  }
})

it('is a batch whose one statement fills too many partitions, unlike a table that is behind with merges', () => {
  const of = (message: string) =>
    isOwnReason(Object.assign(new Error(message), { type: 'TOO_MANY_PARTS' }))
  expect(of('Too many partitions for single INSERT block (more than 100).')).toBe(true)
  expect(of('Too many parts (3000) in table marts.sales. Merges are slower than inserts.')).toBe(
    false,
  )
})

// The data of an INSERT is stored as it was sent, or refused whole; it is never read as a statement.

import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { encodeBlock } from '../../connections/clickhouse-front/block-framing.ts'
import type { Implementation, OpenImplementation } from './implementations.ts'

const rounds = process.env.TERRACE_LONG ? 400 : 8

const formats = [
  'RowBinary',
  'Native',
  'Arrow',
  'Parquet',
  'CSV',
  'TSV',
  'JSONEachRow',
  'Values',
] as const

interface Answer {
  status: number
  bytes: Buffer
  text: string
}

/** Texts that a statement is made of, and bytes of all kinds. */
const texts = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc
    .array(
      fc.constantFrom(
        ...['\n\n', '\n', ';', "'", '"', '`', '\\', '\t', '\r\n', '\0', ',', ')', '(', '--', '/*'],
        ...['drop table bystander', "insert into bystander values ('in')", '$$', 'é', '😀', '{}'],
      ),
      { maxLength: 8 },
    )
    .map((parts) => Buffer.from(parts.join(''))),
)
const lists = fc.array(texts, { minLength: 1, maxLength: 30 })

export function describeInsertData(implementation: Implementation): void {
  describe(`INSERT: ${implementation.name}`, { timeout: 120_000 }, () => {
    let opened: OpenImplementation
    beforeAll(async () => {
      opened = await implementation.open()
      await run('create table bystander (s String) engine = MergeTree order by s')
      await run('create table source (k UInt32, s String) engine = MergeTree order by k')
      await run('create table target (k UInt32, s String) engine = MergeTree order by k')
    })
    afterAll(async () => {
      await opened?.close()
    })
    beforeEach(async () => {
      await run('truncate table target')
      await run('truncate table bystander')
      await run("insert into bystander values ('stands')")
    })

    const ask = async (
      query: string,
      body: string | Buffer | ReadableStream = '',
      more: { path?: string; headers?: Record<string, string> } = {},
    ): Promise<Answer> => {
      const inUrl = query === '' ? '' : `&query=${encodeURIComponent(query)}`
      const response = await fetch(
        `${opened.origin}/?database=${opened.database}${inUrl}${more.path ?? ''}`,
        {
          method: 'POST',
          body,
          headers: {
            'x-clickhouse-user': opened.user,
            'x-clickhouse-key': opened.password,
            ...more.headers,
          },
          ...(body instanceof ReadableStream && { duplex: 'half' }),
        } as RequestInit,
      )
      const bytes = Buffer.from(await response.arrayBuffer())
      return { status: response.status, bytes, text: bytes.toString() }
    }
    const run = async (query: string) => {
      const { status, text } = await ask(query)
      expect([query, status, text]).toEqual([query, 200, expect.anything()])
      return text
    }
    const stored = async (table = 'target') =>
      (await run(`select k, hex(s) from ${table} order by k, s`)).trimEnd()
    const expectBystander = async () =>
      expect(await run('select s from bystander')).toBe('stands\n')

    test('runs nothing that stands in its data', async () => {
      const injected = "insert into bystander values ('ran')"
      const bodies = [
        `insert into target format CSV\n1,a\n\n${injected}`,
        `insert into target format TSV\n1\ta\n\n${injected}`,
        `insert into target format JSONEachRow\n{"k":1}\n\n${injected}`,
        `insert into target format CSV\n1,a\n;\n\n${injected}`,
        `insert into target values (1, 'a'); ${injected}`,
        `insert into target values (1, 'a')\n;\n\n${injected}`,
        `insert into target values (1, 'a') ${injected}`,
        `insert into target format LineAsString ; ${injected}`,
        `insert into target format CSV;\n\n${injected}`,
        `insert into target select * from input('k UInt32, s String') format CSV\n1,a\n\n${injected}`,
        `with x as (select 1) insert into target format CSV\n1,a\n\n${injected}`,
        `explain ast insert into target format CSV 1,a\n\n${injected}`,
        `select 1; ${injected}`,
        `${injected}; not a statement`,
      ]
      for (const body of bodies) {
        const { status } = await ask('', body)
        expect([body, status]).toEqual([body, 400])
        const [head = '', ...data] = body.split('\n')
        expect((await ask(head, data.join('\n'))).status).toBe(400)
        await expectBystander()
        expect(await stored()).toBe('')
      }
    })

    test('keeps blank lines, semicolons and quotes of text, however the body is sent', async () => {
      const text = 'a\n\nb; drop table bystander; \'"` \\ --\n\n'
      const json = JSON.stringify({ k: 1, s: text })
      const csv = `1,"${text.replaceAll('"', '""')}"\n`
      const escaped = text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")
      const line = escaped.replaceAll('\n', '\\n')
      const bodies: [string, string][] = [
        ['CSV', csv],
        ['TSV', `1\t${line}\n`],
        ['TSV', `1\t${escaped.replaceAll('\n', '\\\n')}\n`],
        ['JSONEachRow', json],
        ['JSONEachRow', `\n\n{"k":\n\n1,"s":${JSON.stringify(text)}\n}\n\n`],
        ['Values', `(1, '${escaped}')`],
        ['Values', `\n(1,\n\n'${escaped}');\n\n`],
        ['Values', `(1, concat('', '${line}'))`],
      ]
      for (const [format, data] of bodies) {
        const query = `insert into target (k, s) format ${format}`
        const bytes = Buffer.from(data)
        const sends: [string, () => Promise<Answer>][] = [
          ['in the body', () => ask('', `${query}\n${data}`)],
          ['query in the URL', () => ask(query, bytes)],
          ['gzip', () => ask(query, gzipSync(bytes), { headers: { 'content-encoding': 'gzip' } })],
          ['blocks', () => ask(query, encodeBlock(bytes), { path: '&decompress=1' })],
          ['byte for byte', () => ask('', byteForByte(Buffer.from(`${query}\n${data}`)))],
        ]
        for (const [way, send] of sends) {
          const { status, text: answer } = await send()
          expect([way, data, status, answer]).toEqual([way, data, 200, ''])
          const found = await stored()
          expect([way, data, found]).toEqual([way, data, `1\t${hex(Buffer.from(text))}`])
          await run('truncate table target')
        }
      }
      await expectBystander()
    })

    test('keeps every row of a binary format, also where two line breaks occur in it', async () => {
      const data = Buffer.from('\x01\0\0\0\x01x\x0a\x0a\0\0\x01x\x03\0\0\0\x02\n\n', 'latin1')
      expect((await ask('insert into target format RowBinary', data)).status).toBe(200)
      expect(await stored()).toBe('1\t78\n3\t0A0A\n2570\t78')
    })

    test('takes expressions in VALUES, defaults of columns left out, and input()', async () => {
      await run(
        "create or replace table made (k UInt32, s String default concat('d', toString(k)), n UInt8 default 7) engine = MergeTree order by k",
      )
      const bodies = [
        "insert into made values (1, concat('a', 'b'), 2), (2, concat('d', '2'), 1 + 1)",
        'insert into made values (9, \'i; from "file"\', default)',
        'insert into made (k) settings async_insert = 0 format JSONEachRow\n{"k":3}',
        'insert into made format JSONEachRow {"k":4,"s":"x"}',
        "insert into made (k, s) select k + 1, upper(s) from input('k UInt32, s String') format CSV\n4,e\n",
        'insert into made /* format CSV */ (k) -- values\n format TSV\n6\n',
        'with 1 as one insert into made (k) values (7)',
        'insert into {t: Identifier} (k) values ({k: UInt32})',
      ]
      for (const body of bodies) {
        const { status, text } = await ask('', body, { path: '&param_t=made&param_k=8' })
        expect([body, status, text]).toEqual([body, 200, ''])
      }
      expect(await run('select k, s, n from made order by k')).toBe(
        [
          '1\tab\t2',
          '2\td2\t2',
          '3\td3\t7',
          '4\tx\t7',
          '5\tE\t7',
          '6\td6\t7',
          '7\td7\t7',
          '8\td8\t7',
          '9\ti; from "file"\t7',
        ]
          .map((line) => `${line}\n`)
          .join(''),
      )
    })

    test('refuses a text that is not UTF-8 instead of storing other bytes', async () => {
      const query = Buffer.from("insert into target select 1, '\xff'", 'latin1')
      const answer = await ask('', query)
      if (answer.status === 200) expect(await stored()).toBe('1\tFF')
      else expect(answer.text).toContain('not valid UTF-8')
    })

    test('stores nothing of a body that breaks off', async () => {
      const part = Buffer.from('1,a\n2,b\n')
      const broken = new ReadableStream({
        start(controller) {
          controller.enqueue(part)
        },
        pull(controller) {
          controller.error(new Error('The client breaks off'))
        },
      })
      await expect(ask('insert into target format CSV', broken)).rejects.toThrow()
      expect(await stored()).toBe('')
    })

    for (const format of formats) {
      test(`stores what was sent as ${format}, or nothing`, async () => {
        const encode = async (rows: readonly Buffer[]): Promise<Buffer> => {
          await run('truncate table source')
          const sent = await ask('insert into source format RowBinary', rowBinary(rows))
          expect(sent.status).toBe(200)
          return (await ask(`select * from source order by k format ${format}`)).bytes
        }
        const insert = `insert into target format ${format}`
        await fc.assert(
          fc.asyncProperty(
            lists,
            fc.constantFrom('none of it', 'a part', 'more in it'),
            fc.nat(),
            fc.uint8Array({ minLength: 1, maxLength: 60 }),
            async (rows, damage, position, noise) => {
              const data = await encode(rows)
              const { status, text } = await ask(insert, data)
              expect([status, text]).toEqual([200, ''])
              expect(await stored()).toBe(await stored('source'))
              await run('truncate table target')

              // Damaged data is refused whole, unless it is data of another meaning.
              const at = position % data.length
              const before = damage === 'none of it' ? Buffer.alloc(0) : data.subarray(0, at)
              const after = damage === 'more in it' ? data.subarray(at) : Buffer.alloc(0)
              const bytes =
                damage === 'a part' ? before : Buffer.concat([before, Buffer.from(noise), after])
              const answer = await ask(insert, bytes)
              if (answer.status === 200) await run('truncate table target')
              else expect(await stored()).toBe('')
              await expectBystander()
            },
          ),
          { numRuns: rounds },
        )
      })
    }
  })
}

function rowBinary(rows: readonly Buffer[]): Buffer {
  return Buffer.concat(
    rows.flatMap((text, k) => {
      const head = Buffer.alloc(5)
      head.writeUInt32LE(k)
      head.writeUInt8(text.length, 4)
      return [head, text]
    }),
  )
}

function hex(bytes: Buffer): string {
  return bytes.toString('hex').toUpperCase()
}

function byteForByte(bytes: Buffer): ReadableStream {
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at === bytes.length) controller.close()
      else controller.enqueue(bytes.subarray(at, ++at))
    },
  })
}

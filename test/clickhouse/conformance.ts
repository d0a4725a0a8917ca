// What every ClickHouse that marts may live in must do, embedded or server, as seen through
// @clickhouse/client and curl.

import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createBlockDecoder } from '../../connections/clickhouse-front/block-framing.ts'
import { curl } from './curl.ts'
import type { Implementation, OpenImplementation } from './implementations.ts'

export function describeClickHouse(implementation: Implementation): void {
  describe(`ClickHouse: ${implementation.name}`, () => {
    let opened: OpenImplementation
    beforeAll(async () => {
      opened = await implementation.open()
    })
    afterAll(async () => {
      await opened?.close()
    })
    const rows = async <Row>(query: string, more: object = {}): Promise<Row[]> =>
      await (await opened.client.query({ query, format: 'JSONEachRow', ...more })).json<Row>()
    const run = async (query: string) => void (await opened.client.command({ query }))
    const inDatabase = (more = '') => `/?database=${opened.database}${more}`

    test('answers ping, and a query through the client', async () => {
      expect(await opened.client.ping()).toMatchObject({ success: true })
      expect(await opened.client.ping({ select: true })).toMatchObject({ success: true })
      expect((await curl(opened, '/ping')).text).toBe('Ok.\n')
      expect((await curl(opened, '/')).text).toBe('Ok.\n')
      expect((await curl(opened, '/replicas_status')).text).toBe('Ok.\n')
    })

    test('keeps integers, decimals, dates and text exact both ways', async () => {
      await run(
        "create table exact (id Int64, u UInt64, amount Decimal(18, 4), day Date, at DateTime64(3, 'UTC'), text String) engine = MergeTree order by id",
      )
      const row = {
        id: '-9007199254740993',
        u: '18446744073709551615',
        amount: '12345678901234.5678',
        day: '2024-02-29',
        at: '2024-12-31 23:59:59.999',
        text: 'it\'s "é" \\ \t \n 😀',
      }
      await opened.client.insert({ table: 'exact', values: [row], format: 'JSONEachRow' })
      expect(await rows('select * from exact')).toEqual([row])
    })

    test('binds typed parameters as values, never as SQL', async () => {
      const text = "'; drop table x; -- \\ \t \n"
      const query_params = { id: '9007199254740993', text, list: ["a'b", 'c'], nothing: null }
      const query =
        'select {id: Int64} as id, {text: String} as text, {list: Array(String)} as list, {nothing: Nullable(String)} as nothing'
      expect(await rows(query, { query_params })).toEqual([query_params])
    })

    test('takes a query from the URL, the body or both, in the format asked for', async () => {
      expect((await curl(opened, '/?query=select%201%20as%20a')).text).toBe('1\n')
      expect((await curl(opened, '/', { body: 'select 1 as a format JSONEachRow' })).text).toBe(
        '{"a":1}\n',
      )
      expect((await curl(opened, '/?query=select', { body: '2' })).text).toBe('2\n')
      const csv = await curl(opened, '/?default_format=CSVWithNames', { body: "select 'x' as a" })
      expect(csv.text).toBe('"a"\n"x"\n')
      expect(csv.headers.get('x-clickhouse-format')).toBe('CSVWithNames')
      const headers = ['X-ClickHouse-Database: system', 'X-ClickHouse-Format: CSV']
      expect((await curl(opened, '/', { body: 'select currentDatabase()', headers })).text).toBe(
        '"system"\n',
      )
    })

    test('sends the headers that clients read', async () => {
      const { headers } = await curl(opened, '/?query_id=a-query', { body: 'select 1' })
      expect(headers.get('x-clickhouse-query-id')).toBe('a-query')
      expect(headers.get('x-clickhouse-timezone')).toBeTruthy()
      expect(headers.get('x-clickhouse-server-display-name')).toBeTruthy()
      expect(JSON.parse(headers.get('x-clickhouse-summary') ?? '')).toHaveProperty('read_rows')
      // By its absence clients tell a statement without a result from a result without rows.
      const format = async (body: string) =>
        (await curl(opened, inDatabase(), { body })).headers.get('x-clickhouse-format')
      expect(await format('select 1 where 0')).toBe('TabSeparated')
      expect(await format('set max_block_size = 17')).toBeUndefined()
      expect(await format('create table no_result (x Int8) engine = Memory')).toBeUndefined()
      expect(await format('insert into no_result values (1)')).toBeUndefined()
    })

    test('forgets settings and parameters between requests', async () => {
      const one = await curl(opened, '/?max_block_size=17&param_a=1', {
        body: "select getSetting('max_block_size'), {a: UInt8}",
      })
      expect(one.text).toBe('17\t1\n')
      const two = await curl(opened, '/', { body: "select getSetting('max_block_size') = 17" })
      expect(two.text).toMatch(/^(0|false)\n$/)
      const named = '/?param_a$b=2&param_a=1'
      expect((await curl(opened, named, { body: 'select {a: UInt8}, {a$b: UInt8}' })).text).toBe(
        '1\t2\n',
      )
      expect((await curl(opened, '/', { body: 'select {a: UInt8}' })).text).toContain(
        'Substitution `a` is not set',
      )
    })

    test('reports errors with the code, the text and the status of a server', async () => {
      const expected: Array<[string, number, number, RegExp]> = [
        [
          'select * from missing',
          404,
          60,
          /^Code: 60\. DB::Exception: .*missing.*\(UNKNOWN_TABLE\) \(version /s,
        ],
        ['select * from missing.one', 404, 81, /UNKNOWN_DATABASE/],
        ['select missing', 404, 47, /UNKNOWN_IDENTIFIER/],
        ['selec 1', 400, 62, /Syntax error: failed at position \d+.*SYNTAX_ERROR/s],
        ['missing', 400, 62, /Syntax error: failed at position 1 \(missing\).*SYNTAX_ERROR/s],
        ['select 1; select 2', 400, 62, /Multi-statements are not allowed/],
        ["select toInt32('x')", 400, 6, /CANNOT_PARSE_TEXT/],
        ['select throwIf(1)', 500, 395, /FUNCTION_THROW_IF_VALUE_IS_NON_ZERO/],
        ['', 400, 62, /Empty query/],
      ]
      for (const [body, status, code, text] of expected) {
        const answer = await curl(opened, '/', { body })
        expect([body, answer.status, answer.headers.get('x-clickhouse-exception-code')]).toEqual([
          body,
          status,
          String(code),
        ])
        expect(answer.text).toMatch(text)
      }
      await expect(rows('select * from missing')).rejects.toMatchObject({
        code: '60',
        type: 'UNKNOWN_TABLE',
      })
      expect((await curl(opened, '/?no_such_setting=1', { body: 'select 1' })).text).toContain(
        'UNKNOWN_SETTING',
      )
    })

    test('refuses a wrong password in every spelling without naming it', async () => {
      const spellings: Array<Parameters<typeof curl>[2] & { path?: string }> = [
        { user: `${opened.user}:wrong-one` },
        {
          headers: [
            `X-ClickHouse-User: ${opened.user}`,
            'X-ClickHouse-Key: wrong-one',
            'Authorization:',
          ],
        },
        { path: `/?user=${opened.user}&password=wrong-one`, headers: ['Authorization:'] },
      ]
      for (const { path, ...options } of spellings) {
        const answer = await curl(opened, path ?? '/', { ...options, body: 'select 1' })
        expect([401, 403]).toContain(answer.status)
        expect(answer.headers.get('x-clickhouse-exception-code')).toBe('516')
        expect(answer.text).toContain('Authentication failed')
        expect(answer.text).not.toContain('wrong-one')
      }
      const headers = [
        `X-ClickHouse-User: ${opened.user}`,
        `X-ClickHouse-Key: ${opened.password}`,
        'Authorization:',
      ]
      expect((await curl(opened, '/', { body: 'select 1', headers })).text).toBe('1\n')
    })

    test('reads only on GET', async () => {
      await run('create table get_only (x Int64) engine = MergeTree order by x')
      const insert = encodeURIComponent('insert into get_only values (1)')
      const answer = await curl(opened, inDatabase(`&query=${insert}`))
      expect(answer.headers.get('x-clickhouse-exception-code')).toBe('164')
      expect(answer.text).toContain('READONLY')
      const loosened = await curl(
        opened,
        inDatabase(`&readonly=0&query=${encodeURIComponent('drop table get_only')}`),
      )
      expect(loosened.status).not.toBe(200)
      expect(await rows('select count() as n from get_only')).toEqual([{ n: '0' }])
    })

    test('takes gzip in, and gives gzip when asked', async () => {
      await run('create table zipped (x Int64) engine = MergeTree order by x')
      const query = encodeURIComponent('insert into zipped format CSV')
      const body = gzipSync('1\n2\n3\n')
      const headers = ['Content-Encoding: gzip']
      expect(await curl(opened, inDatabase(`&query=${query}`), { body, headers })).toMatchObject({
        status: 200,
      })
      const answer = await curl(opened, inDatabase('&enable_http_compression=1'), {
        body: 'select sum(x) from zipped',
        headers: ['Accept-Encoding: gzip'],
      })
      expect(answer.headers.get('content-encoding')).toBe('gzip')
      expect(gunzipSync(answer.body).toString()).toBe('6\n')
      const plain = await curl(opened, '/', {
        body: 'select 1',
        headers: ['Accept-Encoding: gzip'],
      })
      expect(plain.text).toBe('1\n')
    })

    test('takes INSERTs in every text format, and RowBinary', async () => {
      await run('create table formats (x Int64, s String) engine = MergeTree order by x')
      const bodies = [
        "insert into formats values (1, 'a;b'), (2, 'it''s')",
        'insert into formats format JSONEachRow\n{"x":3,"s":"line\\nbreak"}\n{"x":"4","s":"é"}',
        'insert into formats format CSV\n5,"quoted\nbreak"\n',
        'insert into formats (s, x) format TSV\ntab\\t\t6\n',
        'insert into formats format CSVWithNames\ns,x\nnamed,7\n',
        "insert into formats select 8, 'selected'",
        Buffer.concat([
          Buffer.from('insert into formats format RowBinary\n'),
          Buffer.from([10, 0, 0, 0, 0, 0, 0, 0, 3, 0, 10, 255]),
        ]),
      ]
      for (const body of bodies) {
        expect(await curl(opened, inDatabase(), { body })).toMatchObject({ status: 200, text: '' })
      }
      const found = await rows('select x, hex(s) as s from formats order by x')
      const texts = [
        'a;b',
        "it's",
        'line\nbreak',
        'é',
        'quoted\nbreak',
        'tab\t',
        'named',
        'selected',
      ]
      const wanted = texts.map((s, index) => ({
        x: String(index + 1),
        s: Buffer.from(s).toString('hex').toUpperCase(),
      }))
      expect(found).toEqual([...wanted, { x: '10', s: '000AFF' }])
    })

    test('takes a streamed INSERT larger than one piece, row breaks inside quotes included', async () => {
      await run('create table streamed (x Int64, s String) engine = MergeTree order by x')
      const count = 400_000
      const filling = 'y'.repeat(180)
      const values = Readable.from(
        (function* () {
          for (let x = 0; x < count; x += 1) yield { x, s: `"\n{[${filling}` }
        })(),
      )
      await opened.client.insert({ table: 'streamed', values, format: 'JSONEachRow' })
      const csv = Buffer.from(
        Array.from({ length: count }, (_, x) => `${x},"""\n${filling}"\n`).join(''),
      )
      const query = encodeURIComponent('insert into streamed format CSV')
      expect(await curl(opened, inDatabase(`&query=${query}`), { body: csv })).toMatchObject({
        status: 200,
      })
      const [found] = await rows(
        'select count() as n, uniqExact(x) as ids, uniqExact(s) as texts, sum(x) as sum from streamed',
      )
      expect(found).toEqual({
        n: String(2 * count),
        ids: String(count),
        texts: '2',
        sum: String(count * (count - 1)),
      })
    })

    test('streams a large result whole, header once', async () => {
      const query = 'select number as n, toString(number) as s from numbers(500000)'
      for (const format of [
        'CSVWithNames',
        'TSVWithNamesAndTypes',
        'JSONCompactEachRowWithNames',
      ]) {
        const { text } = await curl(opened, `/?default_format=${format}`, { body: query })
        const lines = text.trimEnd().split('\n')
        const headers = format.endsWith('Types') ? 2 : 1
        expect([format, lines.length]).toEqual([format, 500_000 + headers])
        expect(lines.at(-1)).toContain('499999')
      }
      const { body } = await curl(opened, '/?default_format=RowBinaryWithNames', {
        body: 'select number from numbers(500000)',
      })
      expect(body.length).toBe(1 + 7 + 500_000 * 8)
    })

    test('takes bodies in lz4 and zstd', async () => {
      await run('create table packed (x Int64, s String) engine = MergeTree order by x')
      const query = encodeURIComponent('insert into packed format CSV')
      // A row with a blank line in it, and fifty times the row 2,x.
      const bodies = {
        lz4: 'BCJNGGxA0QAAAAAAAAAzFgAAAM8xLCJhCgpiIgoyLHgEAK1QCjIseAoAAAAA/My3Cg==',
        zstd: 'KLUv/STRnQAAYDEsImEKCmIiCjIseAEAwimXBOEvn/w=',
      }
      for (const [encoding, body] of Object.entries(bodies)) {
        const bytes = Buffer.from(body, 'base64')
        const headers = [`Content-Encoding: ${encoding}`]
        const answer = await curl(opened, inDatabase(`&query=${query}`), { body: bytes, headers })
        expect([encoding, answer.status, answer.text]).toEqual([encoding, 200, ''])
        const whole = 'select count(), sum(x), max(length(s)) from packed'
        expect((await curl(opened, inDatabase(), { body: whole })).text).toBe('51\t101\t4\n')
        await run('truncate table packed')
        const cut = bytes.subarray(0, bytes.length - 6)
        const refused = await curl(opened, inDatabase(`&query=${query}`), { body: cut, headers })
        expect([encoding, refused.status]).not.toEqual([encoding, 200])
        expect((await curl(opened, inDatabase(), { body: whole })).text).toMatch(/^0/)
      }
    })

    test('takes a form with parameters, and tables of one query', async () => {
      const form = (fields: Record<string, string>) =>
        Object.entries(fields).flatMap(([name, value]) => ['--form-string', `${name}=${value}`])
      const table = ['--form', 'ext=@-;filename=ext.csv;type=text/csv']
      const query =
        'select {word: String} as word, sum(n) as n, groupArray(s) as s from (select * from ext order by n)'
      const answer = await curl(
        opened,
        `/?ext_structure=${encodeURIComponent('n UInt32, s String')}&ext_format=CSV`,
        {
          arguments: [...form({ query, param_word: "it's; 'é'" }), ...table],
          input: '1,"a\n\nb"\n2,;drop table x\n',
        },
      )
      expect(answer.text).toBe("it\\'s; \\'é\\'\t3\t['a\\n\\nb',';drop table x']\n")
      const typed = await curl(opened, '/?ext_types=UInt8,Array(String)', {
        arguments: [...form({ query: 'select _1, _2 from ext' }), ...table],
        input: "7\t['x','y']\n",
      })
      expect(typed.text).toBe("7\t['x','y']\n")
      const gone = await curl(opened, '/', { body: 'select * from ext' })
      expect(gone.text).toContain('UNKNOWN_TABLE')
    })

    test('keeps temporary tables and SET in a session, and nothing of one request', async () => {
      const id = `session-${randomUUID()}`
      const ask = async (body: string, more = '', session = id) =>
        (await curl(opened, inDatabase(`&session_id=${session}${more}`), { body })).text
      expect(await ask('select 1', '&session_check=1')).toContain('SESSION_NOT_FOUND')
      expect(await ask('create temporary table kept (x UInt8)')).toBe('')
      expect(await ask('insert into kept values (1), (2)')).toBe('')
      expect(await ask('insert into kept format CSV\n3\n')).toBe('')
      expect(await ask('select sum(x) from kept', '&session_check=1')).toBe('6\n')
      expect(await ask('select sum(x) from kept', '', `${id}-2`)).toContain('UNKNOWN_TABLE')
      expect(await ask('set max_block_size = 17')).toBe('')
      const value = "select getSetting('max_block_size'), getSetting('max_threads') = 3"
      expect(await ask(value)).toMatch(/^17\t(0|false)\n$/)
      expect(await ask(value, '&max_block_size=18&max_threads=3')).toMatch(/^18\t(1|true)\n$/)
      expect(await ask(value)).toMatch(/^17\t(0|false)\n$/)
      const slow = ask('select sleep(1)')
      await expect.poll(() => ask('select 1'), { interval: 20 }).toContain('SESSION_IS_LOCKED')
      expect(await slow).toBe('0\n')
      expect(await ask('select 1', '&close_session=1')).toBe('1\n')
      expect(await ask('select sum(x) from kept')).toContain('UNKNOWN_TABLE')
      expect(await ask('select 1', '&session_timeout=3601')).not.toBe('1\n')
    })

    test('reads only on GET in a session too', async () => {
      await run('create table get_session (x Int64) engine = MergeTree order by x')
      const session = `&session_id=get-${randomUUID()}`
      const get = async (query: string) =>
        await curl(opened, inDatabase(`${session}&query=${encodeURIComponent(query)}`))
      for (const query of ['insert into get_session select 1', 'drop table get_session']) {
        expect((await get(query)).headers.get('x-clickhouse-exception-code')).toBe('164')
      }
      expect((await get('select count() from get_session')).text).toBe('0\n')
      const body = 'insert into get_session select 1'
      expect((await curl(opened, inDatabase(session), { body })).text).toBe('')
    })

    test('takes addresses far longer than 16 KB', async () => {
      const text = 'x'.repeat(100_000)
      const answer = await curl(opened, `/?param_text=${text}&query=select+length({text:String})`, {
        arguments: ['--globoff'],
      })
      expect(answer.text).toBe('100000\n')
    })

    test('encodes the text of an error as it would have encoded the result', async () => {
      const body = 'select * from missing'
      const framed = await curl(opened, '/?compress=1', { body })
      const decoder = createBlockDecoder()
      decoder.end(framed.body)
      expect((await buffer(decoder)).toString()).toMatch(/^Code: 60\. DB::Exception/)
      expect(framed.status).toBe(404)
      const zipped = await curl(opened, '/?enable_http_compression=1', {
        body,
        headers: ['Accept-Encoding: gzip'],
      })
      expect(zipped.headers.get('content-encoding')).toBe('gzip')
      expect(gunzipSync(zipped.body).toString()).toMatch(/^Code: 60\. DB::Exception/)
      expect(zipped.headers.get('x-clickhouse-exception-code')).toBe('60')
    })

    test('says whether a CSV has a header', async () => {
      const type = async (format: string) =>
        (await curl(opened, `/?default_format=${format}`, { body: 'select 1 as a' })).headers.get(
          'content-type',
        )
      expect(await type('CSVWithNames')).toBe('text/csv; charset=UTF-8; header=present')
      expect(await type('CSVWithNamesAndTypes')).toBe('text/csv; charset=UTF-8; header=present')
      expect(await type('CSV')).toBe('text/csv; charset=UTF-8; header=absent')
    })

    test('sends totals, extremes and one array of rows whole', async () => {
      const totals =
        'select number % 3 as k, count() as n from numbers(9) group by k with totals order by k'
      expect((await curl(opened, '/?default_format=CSVWithNames', { body: totals })).text).toBe(
        '"k","n"\n0,3\n1,3\n2,3\n\n0,9\n',
      )
      const extremes = await curl(opened, '/?default_format=TSVWithNames&extremes=1', {
        body: 'select number as n from numbers(3)',
      })
      expect(extremes.text).toBe('n\n0\n1\n2\n\n0\n2\n')
      const path = '/?default_format=JSONEachRow&output_format_json_array_of_rows=1'
      const { text } = await curl(opened, path, { body: 'select number from numbers(200000)' })
      expect(JSON.parse(text)).toHaveLength(200_000)
    })

    test('lets no client take an interrupted result for a whole one', async () => {
      const body =
        'select throwIf(number = 3000000) from numbers(4000000) settings max_block_size = 65536'
      const answer = await curl(opened, '/', { body })
      expect(answer.exitCode).not.toBe(0)
      expect(answer.text).toContain('FUNCTION_THROW_IF_VALUE_IS_NON_ZERO')
      const held = await curl(opened, '/?wait_end_of_query=1', { body })
      expect(held.headers.get('x-clickhouse-exception-code')).toBe('395')
    })

    test('ends a query at its time limit and at its memory limit', async () => {
      const slow = 'select count() from numbers(1000000000000) where sipHash64(number) = 1'
      await expect(
        rows(slow, { clickhouse_settings: { max_execution_time: 1 } }),
      ).rejects.toMatchObject({ code: '159' })
      const large = 'select groupArray(number) from numbers(1000000000)'
      await expect(
        rows(large, { clickhouse_settings: { max_memory_usage: '100000000' } }),
      ).rejects.toMatchObject({ code: '241' })
    })

    test('kills the query of a client that goes', async () => {
      const running = async () => {
        const found = await rows<{ n: string }>(
          "select count() as n from system.processes where query like '%sipHash64(number) = 42%' and query not like '%system.processes%'",
        )
        return Number(found[0]!.n)
      }
      for (const format of ['TSV', 'JSON'] as const) {
        const leave = new AbortController()
        const query =
          'select count() from numbers(1000000000000) where sipHash64(number) = 42 settings max_threads = 1'
        const clickhouse_settings = { cancel_http_readonly_queries_on_client_close: 1 as const }
        const asked = opened.client
          .exec({
            query: `${query} format ${format}`,
            abort_signal: leave.signal,
            clickhouse_settings,
          })
          .then(
            () => 'answered',
            () => 'aborted',
          )
        await expect.poll(running, { interval: 20, timeout: 10_000 }).toBe(1)
        leave.abort()
        expect(await asked).toBe('aborted')
        await expect.poll(running, { interval: 20, timeout: 10_000 }).toBe(0)
      }
    })

    test('runs twenty queries at once, each with its own parameters', async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, number) =>
          rows<{ n: number }>('select {number: UInt32} as n, sleep(0.2) as s', {
            query_params: { number },
          }),
        ),
      )
      expect(answers.map(([row]) => row!.n)).toEqual(
        Array.from({ length: 20 }, (_, number) => number),
      )
    })

    test('replaces partitions, exchanges tables and drops a repeated block', async () => {
      const shape =
        '(day Date, x Int64) engine = MergeTree partition by day order by x settings non_replicated_deduplication_window = 100'
      await run(`create table live ${shape}`)
      await run(`create table staged ${shape}`)
      for (const x of [1, 2]) {
        await opened.client.insert({
          table: 'live',
          values: [{ day: '2024-01-01', x }],
          format: 'JSONEachRow',
          clickhouse_settings: { insert_deduplication_token: 'once' },
        })
      }
      expect(await rows('select x from live')).toEqual([{ x: '1' }])
      await run("insert into staged values ('2024-01-01', 10), ('2024-01-02', 20)")
      await run("alter table live replace partition '2024-01-01' from staged")
      expect(await rows('select x from live')).toEqual([{ x: '10' }])
      await run('exchange tables live and staged')
      expect(await rows('select x from live order by x')).toEqual([{ x: '10' }, { x: '20' }])
    })
  })
}

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Piece, splitObjects } from '../../tasks/produce/reading/split-objects.ts'

async function* inChunks(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const size = sizes[n % sizes.length] ?? bytes.length
    yield bytes.subarray(at, at + size)
    at += size
  }
}

async function split(text: string | Buffer, sizes = [65_536]): Promise<Piece[]> {
  const pieces: Piece[] = []
  for await (const piece of splitObjects(inChunks(Buffer.from(text as string), sizes))) {
    pieces.push(piece)
  }
  return pieces
}

const texts = (pieces: Piece[]) => pieces.map(({ bytes }) => bytes?.toString())
const bad = (pieces: Piece[]) =>
  pieces
    .filter(({ problem }) => problem !== null)
    .map(({ line, bytes, problem }) => `${line} ${bytes} ${problem}`)

describe('Objects one after another', () => {
  test('are found byte for byte, pretty-printed, compact, with CRLF and a byte-order mark', async () => {
    const objects = [
      '{\r\n  "a": 1e2,\r\n  "a": {"x": [{}]}\r\n}',
      '{"b":"}{\\"\u2028\\\\"}',
      '{"c":3}',
      '{"name":"Ångström 🧦","n":1.50}',
    ]
    const found = await split(`\ufeff${objects[0]}\r\n\n${objects[1]}${objects[2]} \t${objects[3]}`)
    expect(texts(found)).toEqual(objects)
    expect(bad(found)).toEqual([])
    expect(found.map(({ line }) => line)).toEqual([1, 6, 6, 6])
  })

  test('of a list are found as well, and nested ones may begin a line', async () => {
    const objects = ['{"x":[\n{"y":1},\n{"z":2}]}', '{"b":\n{"c":1}\n}']
    expect(texts(await split(`[\n${objects.join(',\n')}\n]\n`))).toEqual(objects)
  })

  test('are found again behind garbage, which is told line by line', async () => {
    const found = await split('# orders\nof May {"a":1} end\n{"b":2}')
    expect(texts(found)).toEqual(['# orders', 'of May', '{"a":1}', 'end', '{"b":2}'])
    expect(bad(found).map((line) => line.slice(0, 9))).toEqual([
      '1 # order',
      '2 of May ',
      '2 end thi',
    ])
  })

  test.each([
    ['inside a list', '{"e": [{"x": 1,'],
    ['behind a colon', '{"e":'],
    ['inside a string', '{"e": "open'],
    ['in front of a key', '{\n  "e": 1,'],
    ['behind a value', '{\n  "e": [\n    {\n      "x": 17'],
  ])('of which one is cut off %s are found again', async (_where, broken) => {
    const objects = ['{\n  "f": {\n    "g": 1\n  }\n}', '{"h":2}']
    const found = await split(`{"d":0}\n${broken}\n${objects.join('\n')}\n`)
    expect(texts(found)).toEqual(['{"d":0}', broken, ...objects])
    expect(bad(found)).toHaveLength(1)
    expect(bad(found)[0]).toMatch(/^2 .*broken/s)
  })

  test('of which the last is cut off keep the others', async () => {
    const found = await split('{"a":1}\n{"b":{"c"')
    expect(texts(found)).toEqual(['{"a":1}', '{"b":{"c"'])
    expect(bad(found)).toEqual(['2 {"b":{"c" the object is cut off: the file ends inside it'])
  })

  test('may have 10 MB, and are not kept from 16 MiB on', async () => {
    const long = `{"a":"${'x'.repeat(10_000_000)}"}`
    const tooLong = `{"a":"${'y'.repeat(17 * 1024 * 1024)}"}`
    const found = await split(`${long}\n${tooLong}\n{"b":1}`)
    expect(found.map(({ bytes }) => bytes?.length ?? null)).toEqual([long.length, null, 7])
    expect(found[1]?.problem).toContain('longer than 16777216 bytes')
  })

  test('that only open brackets are given up soon', async () => {
    const found = await split('{"a":\n'.repeat(3_000))
    expect(found.every(({ problem }) => problem !== null)).toBe(true)
  })

  test('are refused in UTF-16', async () => {
    await expect(split(Buffer.from('\ufeff{"a":1}', 'utf16le'))).rejects.toThrow('iconv -f UTF-16')
  })

  test('are the same pieces however the bytes arrive', async () => {
    const crumbs = [
      '{',
      '}',
      '[',
      ']',
      '"',
      '\\',
      '\n',
      '\r\n',
      ' ',
      ':',
      ',',
      '1e2',
      'null',
      'å',
      '\u2028',
    ]
    const json = fc.json({ maxDepth: 3 }).chain((text) => fc.constantFrom(text, indented(text)))
    const part = fc.oneof(
      { weight: 3, arbitrary: json.map((text) => `{"o":${text}}`) },
      fc.constantFrom(...crumbs),
      json.map((text) => text.slice(0, text.length / 2)),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { maxLength: 12 }).map((parts) => parts.join('\n')),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        async (text, sizes) => {
          expect(await split(text, sizes)).toEqual(await split(text))
        },
      ),
    )
  })

  test('are all found, whatever they hold and however they are written', async () => {
    const object = fc
      .dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }))
      .chain((value) => fc.constantFrom(JSON.stringify(value), JSON.stringify(value, null, 4)))
    await fc.assert(
      fc.asyncProperty(
        fc.array(object, { maxLength: 8 }),
        fc.constantFrom('', '\n', '\r\n', ' ', ',\n'),
        fc.integer({ min: 1, max: 50 }),
        async (objects, between, size) => {
          const found = await split(objects.join(between), [size])
          expect(texts(found)).toEqual(objects)
          expect(bad(found)).toEqual([])
        },
      ),
    )
  })
})

function indented(text: string): string {
  return JSON.stringify(JSON.parse(text), null, 2)
}

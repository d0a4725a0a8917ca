import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InexactJsonError, parseExactJson } from '../../orchestrator/graph/exact-json.ts'

const refusal = (text: string) => {
  try {
    return { value: parseExactJson(text) }
  } catch (error) {
    if (!(error instanceof InexactJsonError)) throw error
    return error.message
  }
}

describe('JSON that nothing of may change', () => {
  test('is read as JSON.parse does, whatever was written by JSON.stringify', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom('', '\t'), (value, space) => {
        const text = JSON.stringify(value, null, space)
        expect(parseExactJson(text)).toEqual(JSON.parse(text))
      }),
      { numRuns: 1_000 },
    )
  })

  test.each([
    '0',
    '-0',
    '0.0e999',
    '1e2',
    '1.50',
    '1E+23',
    '9007199254740992',
    '35977497478903190',
    '0.10000000000000001',
    '5e-324',
    '1.7976931348623157e308',
    '{"a": {"k": 1}, "b": {"k": 1}, "k": [1, {"k": 1}]}',
    '{"a": "\\"k\\": 1e999", "b": "{\\\\"}',
  ])('is taken as it is: %s', (text) => {
    expect(refusal(text)).toEqual({ value: JSON.parse(text) })
  })

  test.each([
    ['{"a":1e999}', 'a: the number 1e999 is too large'],
    ['{"a":-1e999}', 'a: the number -1e999 is too large'],
    ['{"a":1e-999}', 'a: the number 1e-999 would become 0'],
    ['{"a":[1,{"b c":9007199254740993}]}', 'a[1].b c: the number 9007199254740993 would become'],
    ['[[], 12345678901234567890]', '[1]: the number 12345678901234567890 would become'],
    ['0.123456789012345678', 'the JSON: the number 0.123456789012345678 would become'],
    ['{"a":1,"b":{"c":1},"a":2}', 'a: the key is written twice'],
    ['{"a":1,"\\u0061":2}', 'a: the key is written twice'],
    ['{"":{"x":[{"y":1,"y":1}]}}', 'x[0].y: the key is written twice'],
    [`[${'9'.repeat(400)}]`, '… is too large'],
  ])('is refused where it would change: %s', (text, why) => {
    expect(refusal(text)).toContain(why)
  })

  test('that is none is a SyntaxError', () => {
    expect(() => parseExactJson('{"a":}')).toThrow(SyntaxError)
  })
})

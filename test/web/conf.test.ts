import { describe, expect, test } from 'vitest'
import { checkConf } from '../../web/src/text/json-position.ts'

describe('the conf of a run', () => {
  test('is an object, and an empty text is an empty one', () => {
    expect(checkConf('{"days": 3}')).toEqual({ value: { days: 3 } })
    expect(checkConf('  \n')).toEqual({ value: {} })
  })

  test.each(['[1]', '3', 'null', '"text"'])('is refused when it is %s', (text) => {
    expect(checkConf(text)).toEqual({
      problem: 'The conf must be a JSON object, such as {"days": 3}.',
    })
  })

  test('is refused where the browser would change it', () => {
    expect(checkConf('{"a": 1e999}')).toEqual({
      problem: expect.stringMatching(/^In a: the number 1e999 is too large/),
    })
  })

  test.each([
    ['{days: 3}', 1, 2],
    ['{\n  "days": 3,\n  tables: []\n}', 3, 3],
    ['{\n  "days": tru\n}', 2, 14],
    ['{"days": 3', 1, 11],
    ['{"days": 3}}', 1, 12],
    ['{\n"a": ,}', 2, 6],
  ])('that is no JSON says where: %j', (text, line, column) => {
    const checked = checkConf(text)
    expect(checked).toEqual({
      problem: expect.stringMatching(
        new RegExp(`^Not JSON, line ${line}, column ${column}: [^{]+\\.$`),
      ),
    })
  })
})

import { describe, expect, test } from 'vitest'
import type { LogLine } from '../../web/src/api/types.ts'
import { atLeast, rowsOf, stripAnsi } from '../../web/src/log/log-rows.ts'
import { matchingRows, nextMatch, splitAtMatches } from '../../web/src/log/log-search.ts'

function line(message: string, more: Partial<LogLine> = {}): LogLine {
  return {
    line_number: 7,
    logged_at: '2026-11-21T00:00:00Z',
    level: 'info',
    stream: 'stdout',
    message,
    fields: null,
    ...more,
  }
}

describe('the rows of a log', () => {
  test('carry no colours, titles or cursor moves of a terminal', () => {
    expect(stripAnsi('\u001b[1;32mok\u001b[0m \u001b[2K\u001b]0;title\u0007end')).toBe('ok end')
    expect(stripAnsi('\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\')).toBe('link')
    expect(stripAnsi('array[0] stays')).toBe('array[0] stays')
  })

  test('are one for each line of a message, and the first alone has its time', () => {
    const rows = rowsOf(line('Error: no\r\n    at load\n    at run', { level: 'error' }))
    expect(rows.map(({ text, isFirst }) => [text, isFirst])).toEqual([
      ['Error: no', true],
      ['    at load', false],
      ['    at run', false],
    ])
    expect(new Set(rows.map((row) => row.level))).toEqual(new Set(['error']))
  })

  test('end in the fields that were logged with the message', () => {
    const [row] = rowsOf(line('loaded', { fields: { rows: 12, table: 'a\u001b[31mb' } }))
    expect(row?.text).toBe('loaded rows=12 table=ab')
  })

  test('can be those of a level and worse', () => {
    const rows = ['debug', 'info', 'warning', 'error'].flatMap((level) =>
      rowsOf(line(level, { level })),
    )
    expect(atLeast(rows, 'warning').map((row) => row.text)).toEqual(['warning', 'error'])
    expect(atLeast(rows, 'debug')).toBe(rows)
  })
})

describe('the search of a log', () => {
  const rows = ['Load a', 'b', 'reload (x)'].flatMap((text) => rowsOf(line(text)))

  test('finds rows whatever the case, and takes no text for a pattern', () => {
    expect(matchingRows(rows, 'LOAD')).toEqual([0, 2])
    expect(matchingRows(rows, '(x)')).toEqual([2])
    expect(matchingRows(rows, '.')).toEqual([])
    expect(matchingRows(rows, '')).toEqual([])
  })

  test('splits a row so that every second part is what was looked for', () => {
    expect(splitAtMatches('Load, reload', 'load')).toEqual(['', 'Load', ', re', 'load', ''])
    expect(splitAtMatches('b', 'load')).toEqual(['b'])
    expect(splitAtMatches('b', '')).toEqual(['b'])
  })

  test('goes round at either end', () => {
    expect(nextMatch(3, 2, 1)).toBe(0)
    expect(nextMatch(3, 0, -1)).toBe(2)
    expect(nextMatch(0, 0, 1)).toBe(0)
  })
})

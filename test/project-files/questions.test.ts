import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readQuestions } from '../../orchestrator/project-files/questions.ts'
import { type ProjectFolder, projectFolder } from '../support/project-folder.ts'

const GOOD = `-- title: Revenue by day
-- description: Closed orders,
--   last 90 days
-- group: Revenue
-- display: area
-- x: day
-- y: revenue, orders
-- money: revenue
-- Whatever else is to be said.

select day, revenue, orders
from daily -- not the head: key
;
`

let project: ProjectFolder

beforeEach(() => {
  project = projectFolder({ 'revenue.sql': GOOD })
})
afterEach(() => project.remove())

const problemOf = (id: string) => readQuestions(project.path).find((one) => one.id === id)?.problem

test('a question is its head and its statement', () => {
  expect(readQuestions(project.path)).toEqual([
    {
      id: 'revenue',
      file: expect.stringMatching(/revenue\.sql$/),
      title: 'Revenue by day',
      description: 'Closed orders, last 90 days',
      group: 'Revenue',
      display: 'area',
      x: 'day',
      y: ['revenue', 'orders'],
      money: ['revenue'],
      percent: [],
      sql: 'select day, revenue, orders\nfrom daily -- not the head: key',
      problem: null,
    },
  ])
})

test('questions come in order of file name, and other files are none', () => {
  project.write('a.sql', GOOD)
  project.write('readme.md', 'no question')
  expect(readQuestions(project.path).map(({ id }) => id)).toEqual(['a', 'revenue'])
})

describe('a file that is wrong says where and how to mend it, and the others stay', () => {
  test.each([
    ['no title', GOOD.replace(/-- title.*\n/, ''), /has no title\. Write "-- title: …"/],
    ['an empty title', GOOD.replace('Revenue by day', ''), /:1: has no title/],
    ['an unknown key', GOOD.replace('-- group', '-- gruop'), /:4: no key "gruop"\. Use title,/],
    ['a key twice', GOOD.replace('-- x:', '-- group:'), /:6: "group" stands twice: line 4/],
    ['an unknown display', GOOD.replace('area', 'radar'), /:5: display is "radar"\. Use line,/],
    [
      'a column of two kinds',
      GOOD.replace('-- money', '-- percent: revenue\n-- money'),
      /:8: "revenue" is money, too/,
    ],
    ['no axis', GOOD.replace(/-- x.*\n/, ''), /display area needs the column of its axis/],
    ['no values', GOOD.replace(/-- y.*\n/, ''), /display area needs the columns that it shows/],
    ['no statement', GOOD.slice(0, GOOD.indexOf('select')), /has no statement/],
    ['a write', GOOD.replace('select day', 'drop table day'), /:11: the statement does not read/],
  ])('%s', (_what, text, message) => {
    project.write('wrong.sql', text)
    expect(problemOf('wrong')).toMatch(message)
    expect(problemOf('wrong')).toContain('wrong.sql')
    expect(problemOf('revenue')).toBeNull()
  })

  test('a name that is no id, and bytes that are no text', () => {
    project.write('Revenue by day.sql', GOOD)
    writeFileSync(join(project.path, 'bytes.sql'), Buffer.from([0x2d, 0x2d, 0xff, 0xfe]))
    expect(problemOf('Revenue by day')).toContain('Use lower-case letters')
    expect(problemOf('bytes')).toContain('it is not UTF-8')
  })
})

test('a folder that is not there says what names it', () => {
  expect(() => readQuestions(join(project.path, 'nowhere'))).toThrow(/"terrace" in package\.json/)
})

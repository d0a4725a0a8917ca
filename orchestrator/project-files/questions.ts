// The project's questions: a folder of .sql files, one select over the marts each, whose head says how
// the answer is shown:
//
//   -- title: Revenue by day
//   -- description: Closed orders, last 90 days
//   -- group: Revenue
//   -- display: area
//   -- x: day
//   -- y: revenue
//   -- money: revenue
//
// A file that is wrong is a question with a problem, so that it never hides the others.

import { listed, oneOf, required, statement, wrong } from './header-values.ts'
import { idOf, ProjectFileError, readSqlFile, shown, sqlFilesIn } from './sql-header.ts'

export const DISPLAYS = ['line', 'bar', 'area', 'pie', 'row', 'table', 'number'] as const

export type Display = (typeof DISPLAYS)[number]

export interface Question {
  /** The file's name without `.sql`. */
  id: string
  /** As messages name it. */
  file: string
  title: string
  description: string
  group: string
  display: Display
  /** Column of the axis or of the names; null where the display has none. */
  x: string | null
  /** Columns of the values, in order; empty: all. */
  y: string[]
  /** Columns that hold amounts of the reporting currency. */
  money: string[]
  /** Columns that hold parts of a whole, as fractions of 1. */
  percent: string[]
  sql: string
  /** What is wrong with the file, where, and how to mend it; null: nothing. */
  problem: string | null
}

const KEYS = ['title', 'description', 'group', 'display', 'x', 'y', 'money', 'percent'] as const

/** The questions of a folder in order of file name. @throws ProjectFileError when it cannot be read */
export function readQuestions(folder: string): Question[] {
  return sqlFilesIn(folder).map(readQuestion)
}

function readQuestion(path: string): Question {
  try {
    const file = readSqlFile(path, KEYS)
    const question: Question = {
      id: file.id,
      file: file.file,
      title: required(file, 'title'),
      description: file.header.description?.value ?? '',
      group: required(file, 'group'),
      display: oneOf(file, 'display', DISPLAYS),
      x: file.header.x?.value || null,
      y: listed(file, 'y'),
      money: listed(file, 'money'),
      percent: listed(file, 'percent'),
      sql: statement(file),
      problem: null,
    }
    const { display, x, y, money, percent } = question
    const both = money.find((column) => percent.includes(column))
    if (both !== undefined) {
      throw wrong(file, 'percent', `"${both}" is money, too. Leave it in one of the two.`)
    }
    if (display !== 'table' && y.length === 0) {
      throw wrong(file, 'y', `display ${display} needs the columns that it shows. Add "-- y: …".`)
    }
    if (display !== 'table' && display !== 'number' && x === null) {
      throw wrong(file, 'x', `display ${display} needs the column of its axis. Add "-- x: …".`)
    }
    return question
  } catch (error) {
    if (error instanceof ProjectFileError) return broken(path, error.message)
    throw error
  }
}

function broken(path: string, problem: string): Question {
  return {
    id: idOf(path),
    file: shown(path),
    title: idOf(path),
    description: '',
    group: 'Broken',
    display: 'table',
    x: null,
    y: [],
    money: [],
    percent: [],
    sql: '',
    problem,
  }
}

// The words of a TypeScript file with what they are: Lezer's parser, which reads code that is wrong, too.

import { classHighlighter, highlightCode } from '@lezer/highlight'
import { parser } from '@lezer/javascript'

export interface Word {
  text: string
  /** Classes such as `tok-keyword`; empty: nothing in particular. */
  classes: string
}

const typescript = parser.configure({ dialect: 'ts' })

/** The words of each line. */
export function highlighted(code: string): Word[][] {
  const lines: Word[][] = [[]]
  highlightCode(
    code,
    typescript.parse(code),
    classHighlighter,
    (text, classes) => lines.at(-1)!.push({ text, classes }),
    () => lines.push([]),
  )
  return lines
}

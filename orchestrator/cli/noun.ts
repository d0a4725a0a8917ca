import type { Command } from 'commander'

/** A noun of the command line: `terrace <name> <verb>`. */
export interface Noun {
  name: string
  /** One line for `terrace --help`. */
  summary: string
  /** Imports what the noun needs; called only when it was asked for. */
  load: () => Promise<{
    /** Adds arguments, options and verbs to the noun's command. */
    define: (command: Command) => void
  }>
}

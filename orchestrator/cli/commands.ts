// What a project's own nouns are made of: published as `terrace/commands`. docs/commands.md has an
// example. The names and what they do are kept from version to version.

export type { Command } from 'commander'
export type { Pool, PoolClient, Queryable } from '../../connections/postgres.ts'
export { actorOfCli } from './actor.ts'
export {
  dateArgument,
  examples,
  integerArgument,
  jsonObjectArgument,
  outputOption,
  regexArgument,
  yesOption,
} from './command-options.ts'
export { CommandError, suggestion, UsageError } from './errors.ts'
export type { Noun } from './noun.ts'
export { type OutputFormat, printable, printRecord, printRows, type Row } from './output.ts'
export { confirm } from './question.ts'
export { withWarehouse } from './warehouse.ts'

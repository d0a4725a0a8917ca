// dags pause, unpause, delete.

import type { Command } from 'commander'
import { deleteDag, setPaused } from '../store/dags.ts'
import { actorOfCli } from './actor.ts'
import { examples, outputOption, yesOption } from './command-options.ts'
import { requireDag } from './lookups.ts'
import { withMetadata } from './metadata.ts'
import { type OutputFormat, printRows } from './output.ts'
import { confirm } from './question.ts'

export function defineDagChanges(dags: Command): void {
  definePause(dags, 'pause', true)
  definePause(dags, 'unpause', false)
  defineDelete(dags)
}

function definePause(dags: Command, verb: 'pause' | 'unpause', paused: boolean): void {
  const command = dags
    .command(verb)
    .description(paused ? 'start no new runs of a DAG' : 'let a paused DAG run again')
    .argument('<dag_id>', 'the DAG')
    .addOption(outputOption())
    .action(async (dagId: string, options: { output: OutputFormat }) => {
      await withMetadata(async (pool) => {
        const before = await requireDag(pool, dagId)
        await setPaused(pool, dagId, paused, actorOfCli())
        const record = { dag_id: dagId, is_paused: paused, was_paused: before.isPaused }
        await printRows([record], options.output)
      })
    })
  examples(command, `dags ${verb} kafka_to_raw`)
}

function defineDelete(dags: Command): void {
  const command = dags
    .command('delete')
    .description("delete a DAG's history: runs, attempts and logs; not its file")
    .argument('<dag_id>', 'the DAG')
    .addOption(yesOption())
    .action(async (dagId: string, options: { yes: boolean }) => {
      await withMetadata(async (pool) => {
        const dag = await requireDag(pool, dagId)
        const question = `Delete every run, attempt and log of "${dagId}"?`
        if (!(await confirm(question, options.yes))) {
          process.stderr.write('Nothing was deleted.\n')
          return
        }
        await deleteDag(pool, dagId, actorOfCli())
        process.stdout.write(`Deleted "${dagId}".\n`)
        if (!dag.isStale) {
          process.stderr.write(
            `Its file ${dag.filePath} is still there: the next scan registers the DAG anew.\n`,
          )
        }
      })
    })
  examples(command, 'dags delete old_report -y')
}

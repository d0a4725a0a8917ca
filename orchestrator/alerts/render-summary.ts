// Many failures in one message: counts by what failed, and the lines that run it again. The counts add
// up to all of them, also when not every task fits.

import { counted } from '../counted.ts'
import type { Alert } from '../store/alerts.ts'
import type { Mask } from '../worker/secrets.ts'
import { alertSubject, kindInWords } from './alert-title.ts'
import { failuresOf } from './message-plan.ts'
import {
  LONGEST_MESSAGE,
  lengthOf,
  type Message,
  messageOf,
  type Piece,
  shownOnOneLine,
} from './message-text.ts'
import { type RenderContext, timeText } from './render-alert.ts'
import { quoted } from './what-to-do.ts'

const LONGEST_NAME = 300
const LONGEST_REASON = 160
// Of what failed a message names no more, and of DAGs to run again.
const LONGEST_COMMANDS = 1_200
const MOST_RUNS = 3

export function renderSummary(
  gathered: readonly Alert[],
  { mask, pageUrl }: RenderContext,
): Message {
  const alerts = failuresOf(gathered)
  const first = gathered[0]!
  const last = gathered.at(-1)!
  const head: Piece[] = [
    { tag: 'b', text: counted(alerts.length, 'failure') },
    `, ${timeText(first.at)} to ${timeText(last.at)}\n`,
  ]
  const tail: Piece[] = [
    ...commandsFor(alerts, mask),
    pageUrl === null ? '\nAll: npx terrace alerts list' : `\nAll: ${pageUrl}/alerts`,
  ]
  const groups = groupsOf(alerts)
  // Kept for the line that counts what has no line of its own.
  let room = LONGEST_MESSAGE - lengthOf([...head, ...tail]) - 80
  const lines: Piece[] = []
  let told = 0
  for (const [n, group] of groups.entries()) {
    const line = lineOf(group, n + 1)
    room -= lengthOf(line)
    if (room < 0) break
    lines.push(...line)
    told += group.length
  }
  if (told < alerts.length) lines.push(`\nand ${alerts.length - told} more of other tasks\n`)
  return messageOf([...head, ...lines, ...tail])

  function lineOf(group: readonly Alert[], n: number): Piece[] {
    const sample = group[0]!
    const subject = alertSubject({ ...sample, mapIndex: null })
    const runs = new Set(group.map((alert) => alert.runId)).size
    return [
      `\n${n}. `,
      { tag: 'b', text: shownOnOneLine(subject ?? 'worker', mask, LONGEST_NAME) },
      `: ${group.length} × ${kindInWords(sample.kind)}${runs > 1 ? ` in ${runs} runs` : ''}\n`,
      `${shownOnOneLine(sample.error.trim().split('\n', 1)[0] || 'No message.', mask, LONGEST_REASON)}\n`,
    ]
  }
}

/** By what failed and how, the most frequent first. */
function groupsOf(alerts: readonly Alert[]): Alert[][] {
  const groups = new Map<string, Alert[]>()
  for (const alert of alerts) {
    const key = JSON.stringify([alert.kind, alert.dagId, alert.taskId, alert.filePath])
    const group = groups.get(key)
    if (group) group.push(alert)
    else groups.set(key, [alert])
  }
  return [...groups.values()].sort((a, b) => b.length - a.length)
}

/** For each DAG whose runs have failures: what clears all that failed in them. */
function commandsFor(alerts: readonly Alert[], mask: Mask): Piece[] {
  const runsOfDags = new Map<string, Set<string>>()
  for (const { kind, dagId, runId } of alerts) {
    if (dagId === null || runId === null || kind === 'worker_lost') continue
    const runs = runsOfDags.get(dagId) ?? new Set()
    runsOfDags.set(dagId, runs.add(runId))
  }
  const pieces: Piece[] = []
  let room = LONGEST_COMMANDS
  for (const [dagId, runs] of runsOfDags) {
    const line =
      runs.size <= MOST_RUNS
        ? `npx terrace tasks clear ${dagId} --run-id ${[...runs].map(quoted).join(' ')} -f -y`
        : `npx terrace dags list-runs ${dagId} --state failed`
    room -= line.length
    if (room < 0) break
    pieces.push('\n', { tag: 'code', text: mask(line) })
  }
  return pieces.length === 0 ? [] : ['\nRun again:', ...pieces, '\n']
}

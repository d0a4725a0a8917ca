// Checks of what people write as a cron and as a time zone. Five fields only: a sixth (seconds)
// would be read as minutes by whoever knows cron, and no run is started by the second.

import { CronExpressionParser } from 'cron-parser'
import { counted } from '../counted.ts'
import { isIanaForm, likelyZones } from './zone-names.ts'

export interface ScheduleProblem {
  problem: string
  fix: string
}

export function cronProblem(expression: string): ScheduleProblem | null {
  const fields = expression.trim().split(/\s+/).filter(Boolean)
  if (fields.length !== 5) {
    return {
      problem: `the cron "${expression}" has ${counted(fields.length, 'field')} instead of five`,
      fix: 'Write minute, hour, day of month, month, day of week, such as "*/30 * * * *"',
    }
  }
  if (/(?<![A-Z])H(?![A-Z])/i.test(expression)) {
    return {
      problem: `the cron "${expression}" uses H, which is another time at every reading`,
      fix: 'Write the minute and hour as numbers',
    }
  }
  try {
    // Finds crons that parse but never come, such as 30 February.
    CronExpressionParser.parse(fields.join(' '), {
      tz: 'UTC',
      currentDate: new Date('2000-01-01T00:00:00Z'),
    }).next()
    return null
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error)
    return {
      problem: `the cron "${expression}" is not valid (${cause})`,
      fix: 'Write minute, hour, day of month, month, day of week, such as "*/30 * * * *"',
    }
  }
}

export function timezoneProblem(timezone: string): ScheduleProblem | null {
  // Offsets are refused though some runtimes take them: an interval must know about clock changes.
  const isIana = isIanaForm(timezone)
  if (isIana && isKnownToIcu(timezone)) return null
  const likely = likelyZones(timezone)
  const examples = (likely.length > 0 ? likely : ['UTC', 'Europe/Istanbul'])
    .map((zone) => `"${zone}"`)
    .join(' or ')
  if (!isIana)
    return {
      problem: `the time zone "${timezone}" is no name of the IANA database`,
      fix: likely.length > 0 ? `You may mean ${examples}` : `Write one such as ${examples}`,
    }
  return {
    problem: `the time zone "${timezone}" is not known to Node ${process.versions.node}, which has release ${process.versions.tz} of the IANA database`,
    fix: `Write one that it knows, such as ${examples}, or use a newer Node for a newer zone`,
  }
}

function isKnownToIcu(timezone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone })
    return true
  } catch {
    return false
  }
}

// Checks of what people write as a cron and as a time zone. Five fields only: a sixth (seconds)
// would be read as minutes by whoever knows cron, and no run is started by the second.

import { CronExpressionParser } from 'cron-parser'

export interface ScheduleProblem {
  problem: string
  fix: string
}

export function cronProblem(expression: string): ScheduleProblem | null {
  const fields = expression.trim().split(/\s+/).filter(Boolean)
  if (fields.length !== 5) {
    return {
      problem: `the cron "${expression}" has ${fields.length} fields instead of five`,
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
  const named = /^[A-Za-z]/.test(timezone)
  try {
    if (named) {
      new Intl.DateTimeFormat('en', { timeZone: timezone })
      return null
    }
  } catch {
    // Falls through to the same answer as an offset.
  }
  return {
    problem: `the time zone "${timezone}" is not known`,
    fix: 'Use a name from the IANA database, such as "UTC" or "Europe/Istanbul"',
  }
}

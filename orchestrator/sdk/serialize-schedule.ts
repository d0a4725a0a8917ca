import type { AssetExpression, SerializedSchedule } from '../graph/serialized-dag.ts'
import { cronProblem, timezoneProblem } from '../timetable/cron-expression.ts'
import { DagDefinitionError, type DefinitionSubject } from './definition-error.ts'
import { presets, type Schedule } from './schedule.ts'

const SCHEDULES =
  'Use a cron such as "*/30 * * * *" or cron(…, { timezone }), a preset such as "@daily", once, asset(…), or a list of one cron and assets'

export function serializeSchedule(
  subject: DefinitionSubject,
  schedule: Schedule | undefined,
): SerializedSchedule {
  const serializer = new ScheduleSerializer(subject)
  for (const part of Array.isArray(schedule) ? schedule : [schedule ?? null]) serializer.add(part)
  return serializer.finish()
}

class ScheduleSerializer {
  readonly #subject: DefinitionSubject
  readonly #assets: AssetExpression[] = []
  #cron: SerializedSchedule['cron'] = null
  #once = false
  #summary = ''

  constructor(subject: DefinitionSubject) {
    this.#subject = subject
  }

  add(part: unknown): void {
    if (part === null) return
    if (part === '@once' || (isRecord(part) && part.once === true)) {
      this.#once = true
    } else if (typeof part === 'string') {
      this.#addCron(part, 'UTC')
    } else if (isRecord(part) && typeof part.cron === 'string') {
      this.#addCron(part.cron, part.timezone)
    } else if (isRecord(part) && ('asset' in part || 'all' in part || 'any' in part)) {
      this.#assets.push(this.#expression(part))
    } else {
      throw this.#bad('bad_schedule', `the schedule ${JSON.stringify(part)} is not one`, SCHEDULES)
    }
  }

  finish(): SerializedSchedule {
    const [first, ...others] = this.#assets
    if (this.#once && (this.#cron || first)) {
      throw this.#bad('bad_schedule', 'the schedule has once beside others', 'Use once alone')
    }
    const time = this.#once ? '@once' : this.#summary
    return {
      cron: this.#cron,
      once: this.#once,
      assets: first === undefined ? null : others.length === 0 ? first : { all: this.#assets },
      summary: [first ? 'Asset' : '', time].filter(Boolean).join(' or '),
    }
  }

  #addCron(text: string, timezone: unknown): void {
    if (this.#cron) {
      throw this.#bad(
        'bad_schedule',
        'the schedule has two crons',
        'Write them as one cron, or as two DAGs',
      )
    }
    const preset = Object.hasOwn(presets, text) ? presets[text as keyof typeof presets] : null
    if (text.startsWith('@') && preset === null) {
      const names = [...Object.keys(presets), '@once'].join(', ')
      throw this.#bad('bad_cron', `the preset "${text}" is not known`, `Use one of ${names}`)
    }
    const expression = preset ?? text.trim().split(/\s+/).join(' ')
    const zone = typeof timezone === 'string' ? timezone : String(timezone)
    const badZone = timezoneProblem(zone)
    if (badZone) throw this.#bad('bad_timezone', badZone.problem, badZone.fix)
    const badCron = cronProblem(expression)
    if (badCron) throw this.#bad('bad_cron', badCron.problem, badCron.fix)
    this.#cron = { expression, timezone: zone }
    this.#summary = (preset ? text : expression) + (zone === 'UTC' ? '' : ` (${zone})`)
  }

  #expression(part: unknown, depth = 0): AssetExpression {
    if (isRecord(part) && depth < 20) {
      if (typeof part.asset === 'string') return { asset: this.#name(part.asset) }
      for (const kind of ['all', 'any'] as const) {
        const parts = part[kind]
        if (!Array.isArray(parts) || parts.length === 0) continue
        const inner = parts.map((one) => this.#expression(one, depth + 1))
        return kind === 'all' ? { all: inner } : { any: inner }
      }
    }
    throw this.#bad(
      'bad_asset',
      `the schedule names assets as ${JSON.stringify(part)}`,
      'Use asset("name"), allOf(…) and anyOf(…) with at least one asset in each',
    )
  }

  #name(name: string): string {
    const problem = assetNameProblem(name)
    if (problem === null) return name
    throw this.#bad('bad_asset', problem, 'Use 1 to 1500 printable characters')
  }

  #bad(
    code: 'bad_schedule' | 'bad_cron' | 'bad_timezone' | 'bad_asset',
    cause: string,
    fix: string,
  ) {
    return new DagDefinitionError(code, this.#subject, cause, fix)
  }
}

export function assetNameProblem(name: unknown): string | null {
  const good =
    typeof name === 'string' &&
    name.length >= 1 &&
    name.length <= 1500 &&
    name.isWellFormed() &&
    !/\p{Cc}/u.test(name)
  return good ? null : `the asset name ${JSON.stringify(name)?.slice(0, 200)} is not allowed`
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

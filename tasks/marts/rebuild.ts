// What the conf of a run asks to be built anew, whatever batches have come:
// {"rebuild": "all"} or {"rebuild": {"marts": ["geo_analysis"], "from": "2026-01-01", "to": "2026-01-31"}}.

import { z } from 'zod'
import { FailTask } from '../../orchestrator/sdk/index.ts'
import { TARGETS, type Target } from './targets.ts'

export interface Rebuild {
  targets: Target[]
  sources: string[]
  /** First and last day, both included; null: no bound. */
  from: string | null
  to: string | null
}

const EXAMPLES = `Write {"rebuild": "all"} or {"rebuild": {"marts": ["geo_analysis"], "source": "terrace", "from": "2026-01-01", "to": "2026-01-31"}}; without "marts" every table is built, without "source" every source, without "from" and "to" every day.`

const target = z.enum(TARGETS, {
  error: ({ input }) =>
    `${JSON.stringify(input)} is no table of the marts; known are ${TARGETS.join(', ')}`,
})

const day = z.iso.date({
  error: ({ input }) => `${JSON.stringify(input)} is no date; write it like 2026-01-31`,
})

type Asked = Omit<Rebuild, 'sources'> & { source: string | null }

const schema = z.union([
  z
    .literal('all')
    .transform((): Asked => ({ targets: [...TARGETS], source: null, from: null, to: null })),
  z
    .strictObject({
      marts: z.array(target).min(1, { error: 'name at least one table' }).optional(),
      source: z.string().optional(),
      from: day.optional(),
      to: day.optional(),
    })
    .refine(({ from, to }) => from === undefined || to === undefined || from <= to, {
      error: 'from is after to',
    })
    .transform(
      ({ marts, source, from, to }): Asked => ({
        targets: marts ?? [...TARGETS],
        source: source ?? null,
        from: from ?? null,
        to: to ?? null,
      }),
    ),
])

/** @throws FailTask when it cannot be understood; another attempt would not understand it either. */
export function readRebuild(
  conf: { readonly [key: string]: unknown },
  sources: readonly string[],
): Rebuild | null {
  const unknown = Object.keys(conf).find((key) => key !== 'rebuild')
  if (unknown !== undefined) {
    throw new FailTask(
      `conf: found key ${JSON.stringify(unknown)}, but dds_to_clickhouse knows only "rebuild". ${EXAMPLES}`,
    )
  }
  if (conf.rebuild === undefined || conf.rebuild === null) return null
  if (typeof conf.rebuild === 'string' && conf.rebuild !== 'all') {
    throw new FailTask(
      `conf.rebuild: found ${JSON.stringify(conf.rebuild)}; the only text is "all". ${EXAMPLES}`,
    )
  }
  const result = schema.safeParse(conf.rebuild)
  if (result.success) return ofSources(result.data, sources)
  throw new FailTask(
    `The conf of this run asks for a rebuild that cannot be done: ${problems(result.error)}. ${EXAMPLES}`,
  )
}

function ofSources({ source, ...asked }: Asked, known: readonly string[]): Rebuild {
  if (source === null) return { ...asked, sources: [...known] }
  if (known.includes(source)) return { ...asked, sources: [source] }
  throw new FailTask(
    `conf.rebuild.source: ${JSON.stringify(source)} is no source that has loads; such are ${known.join(', ')}. ${EXAMPLES}`,
  )
}

/** For the log: which tables, and which days. */
export function rebuildText({ targets, sources, from, to }: Rebuild): string {
  const tables = targets.length === TARGETS.length ? 'every table' : targets.join(', ')
  const days =
    from === null && to === null
      ? 'every day'
      : [from && `from ${from}`, to && `up to ${to}`].filter(Boolean).join(' ')
  return `${tables}, ${days}, of ${sources.join(', ')}`
}

/** A union reports each of its sides; the object's is the one to read. */
function problems(error: z.ZodError): string {
  return error.issues
    .flatMap((issue) =>
      issue.code === 'invalid_union' && issue.errors.length > 0 ? issue.errors.at(-1)! : [issue],
    )
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .join('; ')
}

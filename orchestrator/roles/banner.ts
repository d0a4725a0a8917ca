// What a start prints: each engine, its version, where it came from, and where to look next.

import { EngineError } from '../../connections/engines/engine-error.ts'
import type { EngineReport } from '../../connections/engines/types.ts'

const ROLE_TEXT: Record<EngineReport['role'], string> = {
  postgres: 'metadata',
  warehouse: 'warehouse',
  queue: 'queue',
  event_log: 'event log',
  clickhouse: 'marts',
}

/** A line for each engine; a problem, and data that lies elsewhere, get a line of their own. */
export function engineLines(reports: readonly EngineReport[]): string[] {
  const rows = reports.map((report) => [
    ROLE_TEXT[report.role],
    report.version ?? 'no answer',
    report.source,
    report.address,
  ])
  const width = (column: number) => Math.max(...rows.map((row) => row[column]!.length))
  const [first, second, third] = [width(0), width(1), width(2)]
  return reports.flatMap((report, n) => {
    const [role, version, source, address] = rows[n] as [string, string, string, string]
    const line = `  ${role.padEnd(first)}  ${version.padEnd(second)}  ${source.padEnd(third)}  ${address}`
    const below = [report.ok ? null : report.problem, report.note ?? null]
    return [line, ...below.filter((text) => text !== null).map((text) => `    ${text}`)]
  })
}

/** @throws EngineError with what each engine that does not answer says: variable, attempt, fix. */
export function requireAnswers(reports: readonly EngineReport[]): void {
  const problems = reports.flatMap((report) =>
    report.ok ? [] : [report.problem ?? report.address],
  )
  if (problems.length > 0) throw new EngineError([...new Set(problems)].join('\n'))
}

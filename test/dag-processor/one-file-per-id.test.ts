// Which file an id belongs to, over several scans of a folder.

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openPostgres } from '../../connections/postgres.ts'
import { dagsOfFiles } from '../../orchestrator/dag-processor/dags-of-files.ts'
import { parseFolder } from '../../orchestrator/dag-processor/parse-folder.ts'
import { folderRegistration } from '../../orchestrator/roles/register-folder.ts'
import { freshControlPlane } from '../support/control-plane.ts'
import { dagFile, dagFolder, writeFiles } from './dag-folder.ts'

test('a second file with the id of a DAG does not take it over while the first is there', async () => {
  const plane = await freshControlPlane()
  const pool = openPostgres(plane.database.url, { max: 2 })
  try {
    const folder = await dagFolder({ 'middle.ts': dagFile('shop') })
    const register = folderRegistration(() => {})
    const scan = async () => {
      await register(pool, await parseFolder(folder))
      const { rows: dags } = await pool.query(
        'select dag_id, file_path, is_stale from terrace.dag order by dag_id',
      )
      const { rows: errors } = await pool.query<{ file_path: string; message: string }>(
        'select file_path, message from terrace.import_error order by file_path',
      )
      return { dags, errors }
    }
    const ofMiddle = { dag_id: 'shop', file_path: 'middle.ts', is_stale: false }
    expect(await scan()).toEqual({ dags: [ofMiddle], errors: [] })

    // Before it by name, and after it.
    await writeFiles(folder, { 'a_copy.ts': dagFile('shop'), 'z_copy.ts': dagFile('shop') })
    const doubled = await scan()
    expect(doubled.dags).toEqual([ofMiddle])
    expect(doubled.errors).toEqual([
      { file_path: 'a_copy.ts', message: expect.stringContaining('in middle.ts and in a_copy.ts') },
      { file_path: 'z_copy.ts', message: expect.stringContaining('in middle.ts and in z_copy.ts') },
    ])

    await writeFiles(folder, { 'middle.ts': 'export const = 1' })
    const broken = await scan()
    expect(broken.dags).toEqual([ofMiddle])
    expect(broken.errors.map(({ file_path }) => file_path)).toEqual([
      'a_copy.ts',
      'middle.ts',
      'z_copy.ts',
    ])

    await rm(join(folder, 'middle.ts'))
    const moved = await scan()
    expect(moved.dags).toEqual([{ ...ofMiddle, file_path: 'a_copy.ts' }])
    expect(moved.errors).toEqual([
      { file_path: 'z_copy.ts', message: expect.stringContaining('in a_copy.ts and in z_copy.ts') },
    ])
  } finally {
    await pool.end()
    await plane.close()
  }
})

test('a broken file is said once, and again when its error is another', async () => {
  const plane = await freshControlPlane()
  const pool = openPostgres(plane.database.url, { max: 2 })
  try {
    const folder = await dagFolder({ 'broken.ts': 'export const = 1' })
    const said: string[] = []
    const register = folderRegistration((line) => said.push(line))
    const scan = async () => register(pool, await parseFolder(folder))
    await scan()
    await writeFiles(folder, { 'shop.ts': dagFile('shop') })
    await scan()
    expect(said).toEqual([
      expect.stringMatching(/^broken\.ts:1 does not load: /),
      expect.stringContaining('shop'),
    ])

    await writeFiles(folder, { 'broken.ts': 'throw new Error("of another kind")' })
    await scan()
    await writeFiles(folder, { 'broken.ts': 'export {}' })
    await scan()
    await writeFiles(folder, { 'broken.ts': 'throw new Error("of another kind")' })
    await scan()
    expect(said.filter((line) => line.includes('of another kind'))).toHaveLength(2)
  } finally {
    await pool.end()
    await plane.close()
  }
})

test('a file that is not parsed yet keeps its ids, and nothing is said of it', async () => {
  const folder = await dagFolder({ 'copy.ts': dagFile('shop') })
  const { files } = await parseFolder(folder)
  const owners = new Map([['shop', 'slow.ts']])
  expect(dagsOfFiles({ files, pending: ['slow.ts'] }, owners)).toEqual({ dags: [], errors: [] })
  expect(dagsOfFiles({ files, pending: [] }, owners).dags).toHaveLength(1)
})

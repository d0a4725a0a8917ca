import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { REASONS, REJECTION_REASONS } from '../../tasks/messages/rejection.ts'

const filesOf = (folder: string, end: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(end))
    .map((name) => `${folder}/${name}`)
const READERS = [...filesOf('tasks/messages', '.ts'), ...filesOf('sql/dds/load', '.sql')].filter(
  (file) => file !== 'tasks/messages/rejection.ts',
)
const texts = new Map(
  [...READERS, ...filesOf('tasks/sources', '.ts')].map((file) => [
    file,
    readFileSync(file, 'utf8'),
  ]),
)
const raising = (reason: string, files: readonly string[]) =>
  files.filter((file) => texts.get(file)!.includes(`'${reason}'`)).sort()

describe('The reasons of quarantine', () => {
  it('name the readers that raise them, and no other', () => {
    for (const reason of REJECTION_REASONS) {
      const { raisedIn } = REASONS[reason]
      expect(raising(reason, READERS), reason).toEqual([...raisedIn].sort())
      if (raisedIn.length === 0) {
        expect(raising(reason, filesOf('tasks/sources', '.ts')), reason).not.toEqual([])
      }
    }
  })

  it('are those that docs/quarantine.md explains', () => {
    const table = readFileSync('docs/quarantine.md', 'utf8').split('\n## Reasons\n')[1]!
    const rows = table
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split('|').map((cell) => cell.trim()))
    expect(rows.map(([, reason, meaning, where]) => [reason, meaning, where])).toEqual(
      REJECTION_REASONS.map((reason) => {
        const { meaning, raisedIn } = REASONS[reason]
        const where = raisedIn.map((file) => `\`${file}\``).join(', ')
        return [`\`${reason}\``, meaning, where || 'adapters, `tasks/sources`']
      }),
    )
  })
})

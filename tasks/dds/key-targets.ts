// Hubs, and links that are made of two keys alone, differ in their names: one statement each
// (sql/dds/load/hub.sql and link.sql), into which the names of a target are put.

import { sqlFile } from '../../connections/sql-file.ts'

/** Staged tables whose rows name the keys of each. */
const STAGED_IN: Record<string, readonly string[]> = {
  h_user: ['stage_event'],
  h_session: ['stage_event'],
  h_product: ['stage_event', 'stage_order_line', 'stage_product'],
  h_category: ['stage_event', 'stage_product'],
  h_order: ['stage_event'],
  h_campaign: ['stage_event'],
  l_session_user: ['stage_event'],
  l_order_user: ['stage_event'],
  l_order_session: ['stage_event'],
  l_order_campaign: ['stage_event'],
  l_product_category: ['stage_product'],
}

/** Targets that have no statement of their own. */
export const keyTargets: readonly string[] = Object.keys(STAGED_IN)

export interface TargetStatement {
  /** The file below sql/, and the target if the file is that of several. */
  path: string
  text: string
}

/** The statement that loads a target of the vault. */
export async function targetStatement(target: string): Promise<TargetStatement> {
  const tables = STAGED_IN[target]
  if (tables === undefined) {
    const path = `dds/load/${target}.sql`
    return { path, text: await sqlFile(path) }
  }
  const [kind, ...hubs] = target.split('_')
  const path = `dds/load/${kind === 'h' ? 'hub' : 'link'}.sql`
  const places = kind === 'h' ? ['thing'] : ['left', 'right']
  const columns = hubs.map((hub) => `${hub}_hk, ${businessKey(hub)}`).join(', ')
  const rows = tables.map((table) => `select source, load_id, ${columns} from dds.${table}`)
  let text = (await sqlFile(path))
    .replace('Reads: dds.staged_things', `Reads: ${tables.map((name) => `dds.${name}`).join(', ')}`)
    .replace('from dds.staged_things', `from (${rows.join(' union all ')})`)
  for (const [at, place] of places.entries()) {
    const hub = hubs[at]!
    text = text
      .replace(new RegExp(`(?<![a-z])${place}_id\\b`, 'g'), businessKey(hub))
      .replace(new RegExp(`(?<![a-z])${place}(?![a-z])`, 'g'), hub)
  }
  return { path: `${path} (${target})`, text }
}

/** A category is known by its name. */
function businessKey(hub: string): string {
  return hub === 'category' ? hub : `${hub}_id`
}

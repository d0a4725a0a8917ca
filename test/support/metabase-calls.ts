// The bodies of Metabase's calls as its recent versions take them: a key that is not listed is refused.

import { z } from 'zod'

const id = z.int()
export const user = z.strictObject({
  email: z.email(),
  password: z.string().min(6).regex(/\d/),
  first_name: z.string(),
  last_name: z.string(),
})
export const bodies = {
  setup: z.strictObject({
    token: z.string(),
    user,
    prefs: z.strictObject({ site_name: z.string().min(1) }),
  }),
  session: z.strictObject({ username: z.string(), password: z.string() }),
  database: z.strictObject({
    name: z.string().min(1),
    engine: z.literal('clickhouse'),
    details: z.strictObject({
      host: z.string().min(1),
      port: z.int().min(1).max(65_535),
      user: z.string(),
      password: z.string(),
      dbname: z.string(),
      'enable-multiple-db': z.boolean(),
      ssl: z.boolean(),
    }),
  }),
  card: z.strictObject({
    name: z.string().min(1).max(254),
    description: z.string().min(1),
    type: z.enum(['question', 'model', 'metric']),
    display: z.enum(['line', 'bar', 'area', 'pie', 'row', 'table', 'scalar']),
    visualization_settings: z.record(z.string(), z.unknown()),
    dataset_query: z.strictObject({
      type: z.literal('native'),
      database: id,
      native: z.strictObject({
        query: z.string().min(1),
        'template-tags': z.record(z.string(), z.unknown()),
      }),
    }),
  }),
  dashboard: z.strictObject({ name: z.string().min(1).max(254) }),
  layout: z.strictObject({
    dashcards: z.array(
      z.strictObject({
        id,
        card_id: id.nullable(),
        row: z.int().min(0),
        col: z.int().min(0).max(23),
        size_x: z.int().min(1).max(24),
        size_y: z.int().min(1),
        parameter_mappings: z.array(z.unknown()),
        visualization_settings: z.record(z.string(), z.unknown()),
      }),
    ),
  }),
}

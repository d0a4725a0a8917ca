// Connections for the processes that move task instances. Their statements are look-ups by key inside
// functions that take arrays; Postgres would plan each anew on every call, since it cannot know how
// long an array will be, and the planning cost a third of a finish (measured: 2.5 against 1.7 ms of
// the backend's time on a busy machine). The functions are written so that one plan fits all sizes.

import { openPostgres, type Pool } from '../../connections/postgres.ts'

export function openControlPlane(databaseUrl: string, applicationName: string): Pool {
  return openPostgres(databaseUrl, {
    max: 6,
    application_name: applicationName,
    options: '-c plan_cache_mode=force_generic_plan',
  })
}

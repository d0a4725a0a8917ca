// The administrator that provisioning works as: made in a Metabase that nobody has set up, else
// logged in.

import { z } from 'zod'
import type { Answer, MetabaseClient } from './client.ts'
import { MetabaseError } from './metabase-error.ts'

const properties = z.object({ 'setup-token': z.string().nullish() })
const session = z.object({ id: z.string() })

const wrongToken = z.object({
  errors: z.object({ token: z.unknown() }).optional(),
  'specific-errors': z.object({ token: z.unknown() }).optional(),
})

/** A user was made a moment ago: 403 says so, and so does 400 about the token, which is gone with it. */
function isSetUpByAnother({ status, body }: Answer): boolean {
  if (status === 403) return true
  const { data } = wrongToken.safeParse(body)
  return status === 400 && (data?.errors !== undefined || data?.['specific-errors'] !== undefined)
}

/** @throws MetabaseError when Metabase has other users already and refuses this one */
export async function logIn(
  metabase: MetabaseClient,
  { email, password }: { email: string; password: string },
): Promise<'set up' | 'logged in'> {
  const { 'setup-token': token } = await metabase.get('/api/session/properties', properties)
  if (token) {
    const answer = await metabase.ask('POST', '/api/setup', {
      token,
      user: { email, password, first_name: 'Terrace', last_name: 'Shop' },
      prefs: { site_name: 'Shop' },
    })
    const made = session.safeParse(answer.body)
    if (answer.status < 300 && made.success) {
      metabase.enterSession(made.data.id)
      return 'set up'
    }
    if (!isSetUpByAnother(answer)) {
      throw new MetabaseError(
        `Metabase did not take its first user (${metabase.complaint(answer)}). METABASE_EMAIL must be ` +
          'an e-mail address, and METABASE_PASSWORD strong enough: six characters with a digit.',
      )
    }
  }
  const answer = await metabase.ask('POST', '/api/session', { username: email, password })
  const opened = session.safeParse(answer.body)
  if (answer.status < 300 && opened.success) {
    metabase.enterSession(opened.data.id)
    return 'logged in'
  }
  throw new MetabaseError(
    `Metabase did not let METABASE_EMAIL in (${metabase.complaint(answer)}). It was ` +
      'set up before: set METABASE_EMAIL and METABASE_PASSWORD to one of its administrators.',
  )
}

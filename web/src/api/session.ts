import { queryOptions, useSuspenseQuery } from '@tanstack/react-query'
import { get, keepCsrfToken, send } from './client.ts'
import { connect, disconnect } from './events.ts'
import { queryClient } from './query-client.ts'
import type { Session } from './types.ts'

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }) => {
    const session = await get<Session>('/ui/session', signal)
    keepCsrfToken(session.csrf_token)
    connect()
    return session
  },
  staleTime: 5 * 60_000,
})

/** Inside the layout, which is shown to somebody logged in alone. */
export function useSession(): Session {
  return useSuspenseQuery(sessionQuery).data
}

/** Why this user may not change anything; null for who may. */
export function useReadOnlyReason(): string | null {
  const { user } = useSession()
  return user.role === 'viewer'
    ? `${user.name} is a viewer and may only look. Changes need an account with the role admin: npx terrace users create --help`
    : null
}

export async function logIn(username: string, password: string): Promise<void> {
  await send('POST', '/ui/login', { username, password })
  await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 })
}

/** The token stands in the address that a login link leads to. */
export async function logInWithLink(token: string): Promise<void> {
  await send('POST', '/ui/login/link', { token })
  await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 })
}

export async function logOut(): Promise<void> {
  await send('POST', '/ui/logout')
  disconnect()
  queryClient.clear()
}

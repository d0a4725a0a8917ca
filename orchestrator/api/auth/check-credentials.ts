// A name and a password to the user they belong to. Neither the answer nor how long it takes says
// whether there is a user of that name.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Pool } from '../../../connections/postgres.ts'
import {
  auditFailedLogin,
  type CheckedPassword,
  checkPassword,
  hasUsers,
  userNameProblem,
} from '../../accounts/users.ts'
import { counted } from '../../counted.ts'
import { ApiError } from '../api-error.ts'
import { checked, text } from '../query-schema.ts'
import { LoginAttempts } from './login-attempts.ts'

const credentials = z.strictObject({
  username: text.min(1),
  password: z.string().min(1).max(1_000),
})

/** @throws ApiError too_many_attempts, bad_credentials */
export type CheckCredentials = (
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<CheckedPassword>

/** @param onError told of what goes wrong once the client has its answer */
export function credentialChecker(pool: Pool, onError: (error: unknown) => void): CheckCredentials {
  const attempts = new LoginAttempts(() => performance.now())

  return async (request, reply) => {
    const { username, password } = checked(credentials, request.body, 'body')
    // A name that nobody can have costs nothing, and takes no place among those that are counted.
    if (userNameProblem(username) !== null) throw badCredentials()
    const waitSeconds = attempts.begin(request.ip, username)
    if (waitSeconds !== null) {
      reply.header('retry-after', waitSeconds)
      throw new ApiError(
        'too_many_attempts',
        `Too many attempts to log in. Try again in ${counted(waitSeconds, 'second')}, or open a link that \`terrace users login-link\` prints.`,
      )
    }
    const { found, isRight } = await checkPassword(pool, username, password)
    if (found && isRight) {
      attempts.succeed(request.ip, username)
      return found
    }
    // After the answer, since it is a write that unknown names do not cost.
    if (found) reply.raw.once('close', () => auditFailedLogin(pool, found.user.name).catch(onError))
    if (await hasUsers(pool)) throw badCredentials()
    throw new ApiError(
      'bad_credentials',
      'There is no user yet. Make one: terrace users create -u NAME -r admin',
    )
  }
}

export function badCredentials(): ApiError {
  return new ApiError('bad_credentials', 'The name or the password is wrong.')
}

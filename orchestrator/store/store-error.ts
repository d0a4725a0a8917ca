// Errors of the store that a person caused and can mend. The code is stable; the CLI exits with 2 and
// the API answers with `status`.

import { counted } from '../counted.ts'

export type StoreErrorCode =
  | 'dag_not_found'
  | 'dag_is_running'
  | 'run_exists'
  | 'run_not_found'
  | 'task_not_found'
  | 'pool_not_found'
  | 'pool_in_use'
  | 'user_exists'
  | 'user_not_found'
  | 'token_exists'
  | 'token_not_found'

export class StoreError extends Error {
  override name = 'StoreError'
  readonly code: StoreErrorCode
  readonly status: 404 | 409

  private constructor(code: StoreErrorCode, status: 404 | 409, message: string) {
    super(message)
    this.code = code
    this.status = status
  }

  static dagNotFound(dagId: string): StoreError {
    return new StoreError(
      'dag_not_found',
      404,
      `There is no DAG "${dagId}". \`terrace dags list\` shows those there are, and ` +
        '`terrace dags list-import-errors` the files that do not load.',
    )
  }

  static dagIsRunning(dagId: string, nRunning: number): StoreError {
    return new StoreError(
      'dag_is_running',
      409,
      `DAG "${dagId}" has ${counted(nRunning, 'running task instance')}. Pause it and wait, or stop its runs, ` +
        'then delete it: terrace dags stop-run --help',
    )
  }

  static runExists(dagId: string, runId: string): StoreError {
    return new StoreError(
      'run_exists',
      409,
      `DAG "${dagId}" has the run "${runId}" already, with this run id or logical date. Choose ` +
        'another, or clear that run to run it again.',
    )
  }

  static runNotFound(dagId: string, runId: string): StoreError {
    return new StoreError(
      'run_not_found',
      404,
      `DAG "${dagId}" has no run "${runId}". \`terrace dags list-runs ${dagId}\` shows its runs.`,
    )
  }

  static poolNotFound(name: string): StoreError {
    return new StoreError(
      'pool_not_found',
      404,
      `There is no pool "${name}". \`terrace pools list\` shows those there are.`,
    )
  }

  static poolInUse(name: string, user: string): StoreError {
    return new StoreError(
      'pool_in_use',
      409,
      `The pool "${name}" cannot be deleted: ${user}. Let them use another pool, or end; ` +
        `\`terrace pools set ${name} 0\` lets no task of it start.`,
    )
  }

  static userExists(name: string): StoreError {
    return new StoreError(
      'user_exists',
      409,
      `There is a user "${name}" already, in some case of letters. Choose another name, or give that ` +
        'user a new password with `terrace users reset-password`.',
    )
  }

  static userNotFound(name: string): StoreError {
    return new StoreError(
      'user_not_found',
      404,
      `There is no user "${name}". \`terrace users list\` shows those there are.`,
    )
  }

  static tokenExists(user: string, name: string): StoreError {
    return new StoreError(
      'token_exists',
      409,
      `User "${user}" has a token "${name}" already. Choose another name, or revoke that one first: ` +
        `\`terrace users tokens revoke -u ${user} -n ${name}\`.`,
    )
  }

  static tokenNotFound(user: string, name: string): StoreError {
    return new StoreError(
      'token_not_found',
      404,
      `User "${user}" has no token "${name}". \`terrace users tokens list -u ${user}\` shows those ` +
        'there are.',
    )
  }
}

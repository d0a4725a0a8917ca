import { userInfo } from 'node:os'

/** Who the audit log names for an action on the command line. */
export function actorOfCli(): string {
  try {
    return `cli:${userInfo().username}`
  } catch {
    // A container may run under a user id that has no name.
    return `cli:${process.getuid?.() ?? 'unknown'}`
  }
}

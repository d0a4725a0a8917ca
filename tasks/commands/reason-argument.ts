import { UsageError } from '../../orchestrator/cli/commands.ts'
import { REJECTION_REASONS, type RejectionReason } from '../messages/rejection.ts'

/** @throws UsageError: a typing error must not look like a quarantine that is empty */
export function reasonArgument(text: string): RejectionReason {
  const found = REJECTION_REASONS.find((reason) => reason === text)
  if (found !== undefined) return found
  throw new UsageError(
    `No message is refused for "${text}". Known reasons: ${REJECTION_REASONS.join(', ')}.`,
  )
}

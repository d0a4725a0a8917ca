import type { TaskContext } from '../../orchestrator/sdk/index.ts'
import type { Answered, Lookup } from './answers.ts'
import { NoAnswerError, NotAskedError, type Provider, type Reply } from './provider.ts'
import { messageOf } from './without-failing.ts'

export interface Unanswered {
  question: string
  problem: string
  isRefusal: boolean
}

export interface Asked<Answer> {
  /** Replies as they were given, refusals among them. */
  replies: { question: string; reply: Reply }[]
  answered: Answered<Answer>[]
  unanswered: Unanswered[]
  calls: number
  /** The provider failed again and again: what was not asked waits for the next run. */
  gaveUp: boolean
}

const FAILURES_IN_A_ROW = 3

/**
 * Asks question after question; one that fails stays pending and holds up no other. When the signal
 * aborts it asks no more and returns what was answered: those calls are paid for.
 */
export async function askProvider<Question, Answer>(
  lookup: Lookup<Question, Answer>,
  provider: Provider<Question, Answer>,
  questions: readonly string[],
  { signal, log }: TaskContext,
): Promise<Asked<Answer>> {
  const asked: Asked<Answer> = {
    replies: [],
    answered: [],
    unanswered: [],
    calls: 0,
    gaveUp: false,
  }
  let failures = 0
  for (const question of questions) {
    if (signal.aborted) break
    try {
      const parsed = lookup.question(question)
      const reply = await provider.ask(parsed, signal)
      asked.replies.push({ question, reply })
      if (reply.status < 200 || reply.status > 299) throw new Error(`status ${reply.status}`)
      const answer = provider.read(reply.body, parsed)
      asked.answered.push({ question, fetchedAt: null, answer })
      asked.calls += 1
      failures = 0
    } catch (error) {
      // The call was cut off, unless the provider has said no.
      if (signal.aborted && !(error instanceof NoAnswerError)) break
      if (error instanceof NotAskedError) {
        log.info(`${provider.name} is not asked: ${error.message}`)
        asked.gaveUp = true
        break
      }
      asked.calls += 1
      log.warning(`${provider.name} gave no answer for ${question}: ${messageOf(error)}`)
      const { reply = null, isRefusal = false } = error instanceof NoAnswerError ? error : {}
      if (reply) asked.replies.push({ question, reply })
      asked.unanswered.push({ question, problem: messageOf(error), isRefusal })
      failures = isRefusal ? 0 : failures + 1
      if (failures < FAILURES_IN_A_ROW) continue
      asked.gaveUp = true
      break
    }
  }
  return asked
}

import type { TaskContext } from '../../orchestrator/sdk/index.ts'
import type { Answered, Lookup } from './answers.ts'
import type { Provider, Reply } from './provider.ts'
import { messageOf } from './without-failing.ts'

export interface Asked<Answer> {
  /** Replies as they were given, refusals among them. */
  replies: { question: string; reply: Reply }[]
  answered: Answered<Answer>[]
  calls: number
  /** The provider failed again and again: what was not asked waits for the next run. */
  gaveUp: boolean
}

const FAILURES_IN_A_ROW = 3

/** Asks question after question; one that fails stays pending and holds up no other. */
export async function askProvider<Question, Answer>(
  lookup: Lookup<Question, Answer>,
  provider: Provider<Question, Answer>,
  questions: readonly string[],
  { signal, log }: TaskContext,
): Promise<Asked<Answer>> {
  const asked: Asked<Answer> = { replies: [], answered: [], calls: 0, gaveUp: false }
  let failures = 0
  for (const question of questions) {
    signal.throwIfAborted()
    asked.calls += 1
    try {
      const reply = await provider.ask(lookup.question(question), signal)
      asked.replies.push({ question, reply })
      if (reply.status < 200 || reply.status > 299) throw new Error(`status ${reply.status}`)
      asked.answered.push({ question, fetchedAt: null, answer: provider.read(reply.body) })
      failures = 0
    } catch (error) {
      signal.throwIfAborted()
      failures += 1
      log.warning(`${provider.name} gave no answer for ${question}: ${messageOf(error)}`)
      if (failures < FAILURES_IN_A_ROW) continue
      asked.gaveUp = true
      break
    }
  }
  return asked
}

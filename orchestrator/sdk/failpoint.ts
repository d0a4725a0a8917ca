// Named places where a chaos test may end the process, in the orchestrator and in tasks. Without
// TERRACE_FAILPOINTS they do nothing and cost a call.
//
// TERRACE_FAILPOINTS="worker.before_finish=kill:1,raw.after_copy=throw:3" acts on the nth hit: `kill`
// is SIGKILL to this process, `stop` is SIGSTOP, `throw` throws an error there.

type Action = 'kill' | 'stop' | 'throw'

interface Armed {
  action: Action
  hitsLeft: number
}

export class FailpointError extends Error {
  override readonly name = 'FailpointError'
}

const armed = parse(process.env.TERRACE_FAILPOINTS ?? '')

/** Does nothing unless TERRACE_FAILPOINTS names it. */
export const failpoint: (name: string) => void = armed.size === 0 ? () => {} : hit

function hit(name: string): void {
  const point = armed.get(name)
  if (!point) return
  point.hitsLeft -= 1
  if (point.hitsLeft !== 0) return
  if (point.action === 'throw') throw new FailpointError(`Failpoint ${name}`)
  process.kill(process.pid, point.action === 'kill' ? 'SIGKILL' : 'SIGSTOP')
}

function parse(text: string): Map<string, Armed> {
  const points = new Map<string, Armed>()
  for (const part of text.split(',').filter((part) => part.trim() !== '')) {
    const match = /^\s*([\w.-]+)=(kill|stop|throw)(?::(\d+))?\s*$/.exec(part)
    if (!match) {
      throw new FailpointError(
        `TERRACE_FAILPOINTS holds "${part}". Write name=action:n with kill, stop or throw, several separated by commas.`,
      )
    }
    points.set(match[1]!, { action: match[2] as Action, hitsLeft: Number(match[3] ?? 1) })
  }
  return points
}

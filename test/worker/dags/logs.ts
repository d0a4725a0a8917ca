// What tasks may print, for the tests of their logs.

import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { defineDag } from '../../../orchestrator/sdk/index.ts'

const HALF = '😀'.slice(0, 1)

export const odd = defineDag({ id: 'odd_text', schedule: null }, (dag) => {
  dag.task('half', () => {
    console.log(`half: ${HALF}`)
    return null
  })
  dag.task('nul', (_: unknown, { log }) => {
    log.info('nul: \0', { '\0key': `\0${HALF}`, [HALF]: 1 })
    return null
  })
  dag.task('escapes', () => {
    console.log('text: \\u0000 \\ud83d')
    return null
  })
  dag.task('bytes', () => {
    const bytes = Buffer.from('é€😀\n')
    for (const byte of bytes) process.stdout.write(Buffer.of(byte))
    process.stderr.write(Buffer.from([0x61, 0xff, 0x62, 0x0a]))
    process.stdout.write('c3a9', 'hex')
    process.stdout.write(Buffer.from('€').subarray(0, 2))
    return null
  })
  dag.task('pair', () => {
    process.stdout.write(HALF)
    process.stdout.write(`${'😀'.slice(1)}\n`)
    return null
  })
  dag.task('object', (_: unknown, { log }) => {
    log.info({ n: 1 } as never)
    log.warn(Object.create(null) as never)
    return null
  })
})

const throwing = (thrown: () => unknown) => (): null => {
  throw thrown()
}

export const thrown = defineDag({ id: 'odd_errors', schedule: null }, (dag) => {
  dag.task(
    'object_as_message',
    throwing(() => Object.assign(new Error(), { message: { n: 7 } })),
  )
  dag.task(
    'aggregate',
    throwing(() => new AggregateError([new Error('refused by ::1'), new Error('and by 127')])),
  )
  dag.task(
    'causes',
    throwing(() => new Error('outer', { cause: new Error('middle', { cause: 'innermost' }) })),
  )
  dag.task(
    'only_a_cause',
    throwing(() => new Error('', { cause: new Error('the reason') })),
  )
  dag.task(
    'half',
    throwing(() => new Error(`half ${HALF}\0`)),
  )
  dag.task(
    'hostile',
    throwing(
      () =>
        new Proxy(new Error('x'), {
          get() {
            throw new Error('do not look')
          },
        }),
    ),
  )
  dag.task(
    'getter',
    throwing(() => ({
      get code() {
        throw new Error('do not look')
      },
    })),
  )
  dag.task('late_object', () => {
    return new Promise<null>(() => {
      setTimeout(() => {
        throw Object.assign(new Error(), { message: { n: 7 } })
      })
    })
  })
})

/** More than any log keeps, in every way that a task can print. */
export const floods = defineDag({ id: 'floods', schedule: null, maxActiveTasks: 50 }, (dag) => {
  dag.task('empty_lines', () => {
    for (let n = 0; n < 10_000; n += 1) console.log()
    return null
  })
  dag.task('log_lines', (_: unknown, { log }) => {
    for (let n = 0; n < 5_000; n += 1) log.error('x', { n })
    return null
  })
  dag.task('long_line', () => {
    console.error('before')
    for (let n = 0; n < 20; n += 1) process.stderr.write('x'.repeat(1_000_000))
    process.stderr.write('\nafter\n')
    return null
  })
  dag.task('line_of_a_process', () => printingChild('while (n-- > 0) console.log()', 5_000))
})

/** Its output is piped into that of the task. */
function printingChild(code: string, n: number): Promise<null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['-e', `let n = ${n}; ${code}`])
    child.stdout.pipe(process.stdout, { end: false })
    child.once('error', reject)
    child.once('close', () => resolve(null))
  })
}

/** Prints without an end, and never lets go of its thread; a file says how far it has got. */
export const chatty = defineDag({ id: 'chatty', schedule: null }, (dag) => {
  dag.task('prints', (_: unknown, { conf }) => {
    for (let n = 0; ; n += 1) {
      console.log(`line ${n}`)
      if (n % 100 === 0) writeFileSync(String(conf.progress), String(n))
    }
  })
})

export const quiet = defineDag({ id: 'quiet', schedule: null }, (dag) => {
  dag.task('quick', () => {
    console.log('a line')
    return 'done'
  })
})

// Tasks for people to stop: one that heeds its signal and one that does not.

import { defineDag } from '../../../orchestrator/sdk/index.ts'

export const stops = defineDag({ id: 'stops', schedule: null }, (dag) => {
  const heeds = dag.task(
    'heeds',
    (_: unknown, { signal, log, tryNumber }) => {
      if (tryNumber > 1) return 'again'
      log.info('running')
      return new Promise<string>((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          log.info('heard')
          reject(signal.reason)
        })
      })
    },
    {},
    { retries: 3 },
  )
  dag.task('after', () => 'ran', {}, { triggerRule: 'all_done' }).after(heeds)
})

export const deaf = defineDag({ id: 'deaf', schedule: null }, (dag) => {
  const deaf = dag.task('deaf', (_: unknown, { log, tryNumber }) => {
    if (tryNumber > 1) return 'again'
    log.info('running')
    return new Promise<string>(() => setInterval(() => {}, 1_000))
  })
  dag.task('after', () => 'ran').after(deaf)
})

// A process that owns engines, for tests that end it in ways a test cannot end itself.
// Started by `startOwner` (owners.ts); says what it runs over IPC and stops in order on `stop`.

import { startEmbeddedPostgres } from '../../connections/engines/embedded-postgres.ts'
import { messageOf } from '../../connections/engines/engine-error.ts'

const [home = '', packageFolder] = process.argv.slice(2)

try {
  const engine = await startEmbeddedPostgres({
    home,
    ...(packageFolder && { packageFolder }),
    settings: { fsync: 'off' },
  })
  process.on('message', async () => {
    await engine.stop()
    process.disconnect()
  })
  process.send?.({
    url: engine.url,
    folder: engine.folder,
    pid: engine.pid(),
    adopted: engine.adopted,
  })
} catch (error) {
  process.send?.({ error: messageOf(error) })
  process.exit(1)
}

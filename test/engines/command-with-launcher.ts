// A command that npm starts: it tells its pid, counts seconds, and says when it is asked to stop. It writes
// all of it to the file that it is given, one word a line.

import { appendFileSync } from 'node:fs'
import { aborted, listenForStop } from '../../connections/engines/stop-signals.ts'

const [file] = process.argv.slice(2)
const say = (word: string) => appendFileSync(file!, `${word}\n`)

const signals = listenForStop()
say(`pid:${process.pid}`)
// As often as the launcher is looked at.
setInterval(() => say('second'), 1_000)
await aborted(signals.asked)
say('asked')
process.exit(0)

// A child process of ours must not outlive the process that started it, however that one ended.

const LOOK_EVERY_MS = 1_000

/**
 * Calls `onLost` once (it ends the process unless told otherwise) when the parent is gone: the IPC
 * channel closes at once, and a changed parent pid shows within a second where there is none.
 */
export function endWithParent(onLost: () => void = () => process.exit(1)): void {
  const parent = process.ppid
  let lost = false
  const lose = () => {
    if (lost) return
    lost = true
    clearInterval(timer)
    onLost()
  }
  const timer = setInterval(() => {
    if (process.ppid !== parent) lose()
  }, LOOK_EVERY_MS)
  timer.unref()
  if (!process.channel) return
  process.once('disconnect', lose)
  // Listening alone must not keep a process that has nothing else to do.
  process.channel.unref()
}

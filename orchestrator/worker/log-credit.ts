// How much of a runner thread's output is on its way to the log. It is counted in shared memory, since
// a handler that prints in a loop hears no message: above the limit its thread stands still until the
// worker has written what is there. So no task fills the worker's memory, and none gets ahead of it.

const LIMIT = 256 * 1024
// A log that cannot be written must not stop a task.
const LONGEST_WAIT_MS = 10_000

export class LogCredit {
  readonly buffer: SharedArrayBuffer
  readonly #unwritten: Int32Array
  #gaveUp = false

  constructor(buffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer
    this.#unwritten = new Int32Array(buffer)
  }

  /** In the runner: waits until lines may be sent. False when it waited in vain. */
  take(cost: number): boolean {
    const giveUpAt = performance.now() + (this.#gaveUp ? 0 : LONGEST_WAIT_MS)
    for (;;) {
      const unwritten = Atomics.load(this.#unwritten, 0)
      if (unwritten < LIMIT) break
      const left = giveUpAt - performance.now()
      this.#gaveUp = left <= 0
      if (this.#gaveUp) return false
      Atomics.wait(this.#unwritten, 0, unwritten, left)
    }
    this.#gaveUp = false
    Atomics.add(this.#unwritten, 0, cost)
    return true
  }

  /** In the worker: lines are written, or lost. */
  giveBack(cost: number): void {
    Atomics.sub(this.#unwritten, 0, cost)
    Atomics.notify(this.#unwritten, 0)
  }
}

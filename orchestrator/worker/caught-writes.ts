// Takes what user code writes to process.stdout and process.stderr, the console included, in place of
// the streams themselves.

type Done = (error?: Error | null) => void

const MAX_WAITING = 1_000

/** @param onWrite given each write, with the encoding of a string */
export function catchWrites(
  stream: NodeJS.WriteStream,
  onWrite: (chunk: string | Uint8Array, encoding: BufferEncoding) => void,
): void {
  const waiting: Done[] = []
  const callAll = () => {
    for (const done of waiting.splice(0)) done(null)
  }
  stream.write = (
    chunk: string | Uint8Array,
    encodingOrDone?: BufferEncoding | Done,
    done?: Done,
  ): boolean => {
    onWrite(chunk, typeof encodingOrDone === 'string' ? encodingOrDone : 'utf8')
    const callback = typeof encodingOrDone === 'function' ? encodingOrDone : done
    if (callback) {
      if (waiting.push(callback) === 1) process.nextTick(callAll)
      // The console passes one with each line: a loop that never yields would fill the memory.
      else if (waiting.length >= MAX_WAITING) callAll()
    }
    return true
  }
}

// What can be wrong with a log that raw has landed a part of. Each message names the command that
// mends it: going on without one would leave a gap, or read again what is landed.

export class LogChangedError extends Error {
  override name = 'LogChangedError'
}

/** The log has the id that it had, and yet holds other messages. */
export class TopicChangedError extends LogChangedError {
  override name = 'TopicChangedError'
  constructor(topic: string, partition: number, offset: bigint) {
    super(
      `Topic "${topic}", partition ${partition}: the log holds another message at offset ${offset} than ` +
        'the one that raw landed from there. The topic was deleted and made anew, or it lost its end and ' +
        'took other messages. Nothing was landed. Land what the log holds now from its beginning, as a ' +
        `log of its own beside what was landed: \`terrace db adopt-log ${topic}\`.`,
    )
  }
}

/** The log ends before what was landed. */
export class LogCutError extends Error {
  override name = 'LogCutError'
  constructor(topic: string, partition: number, landed: bigint, end: bigint) {
    super(
      `Topic "${topic}", partition ${partition}: raw was landed up to offset ${landed}, but the log ` +
        `ends at ${end}. The topic was made anew, it lost messages, or it was restored from an older ` +
        'copy. Restore the log, or land what it holds now from its beginning, as a log of its own ' +
        `beside what was landed: \`terrace db adopt-log ${topic}\`.`,
    )
  }
}

export interface LostMessages {
  partition: number
  /** The first offset that was not landed. */
  from: bigint
  /** The first offset that the log still holds. */
  until: bigint
}

/** Retention removed messages that were not landed yet. */
export class MessagesLostError extends Error {
  override name = 'MessagesLostError'
  constructor(topic: string, lost: LostMessages[]) {
    const count = lost.reduce((sum, { from, until }) => sum + until - from, 0n)
    const where = lost.map(({ partition, from, until }) => `${partition}: ${from} to ${until - 1n}`)
    super(
      `Topic "${topic}": ${count} ${count === 1n ? 'message was' : 'messages were'} removed from the log ` +
        `before raw landed ${count === 1n ? 'it' : 'them'} (partition: offsets): ${where.join(', ')}. ` +
        'The retention of the topic is shorter than landing was away. Restore the log, or raise the ' +
        'retention and go on with what is left: ' +
        `\`terrace db skip-lost ${topic}\`.`,
    )
  }
}

// The event log: ordered, partitioned, append-only topics. A table in Postgres by default, Kafka
// when KAFKA_BROKERS is set; one conformance suite runs over both.

export interface TopicSpec {
  topic: string
  partitions: number
}

export interface NewMessage {
  /** Decides the partition: messages of one key keep their order. null spreads. */
  key: string | null
  /** null is a tombstone. Bytes are kept as they are. */
  value: Buffer | null
  headers?: Record<string, string>
}

export interface LogMessage {
  topic: string
  partition: number
  offset: bigint
  key: Buffer | null
  value: Buffer | null
  headers: Record<string, Buffer>
  /** As the log keeps it; whose clock that was says `timestampOf`. */
  timestamp: Date
  /** `log`: when the log took it. `producer`: what its sender claims, which may be any time. */
  timestampOf: 'log' | 'producer'
}

/** One past the last message and the first that is still kept, of one partition. */
export interface PartitionRange {
  partition: number
  firstOffset: bigint
  nextOffset: bigint
}

/** Consecutive messages of one partition, starting exactly where the reader asked. */
export interface LogBatch {
  topic: string
  partition: number
  /** Offset asked for; messages may start later (Kafka: control records, compaction). */
  fromOffset: bigint
  /** Where the next batch begins; greater than `fromOffset`. */
  nextOffset: bigint
  messages: LogMessage[]
}

export interface ReadOptions {
  /** Per partition: where to begin. Partitions that are not named are not read. */
  from: ReadonlyMap<number, bigint>
  /** Per partition: stop before this offset (a snapshot of `ranges`). */
  until: ReadonlyMap<number, bigint>
  maxMessagesPerBatch?: number
  signal?: AbortSignal
}

export interface EventLog {
  readonly kind: 'postgres' | 'kafka'
  /** Which log this is: kind, cluster and epoch. Raw rows carry it; another id under a live warehouse is an error. */
  logId(): Promise<string>
  /** Makes the topics that are missing; never changes one that exists. */
  ensureTopics(topics: TopicSpec[]): Promise<void>
  /** Resolves once every message is durable. All of one call in order per key. */
  append(topic: string, messages: NewMessage[]): Promise<void>
  /** @throws UnknownTopicError */
  ranges(topic: string): Promise<PartitionRange[]>
  /** Ends when every partition reached its `until`, or throws the signal's reason. */
  read(topic: string, options: ReadOptions): AsyncIterable<LogBatch>
  /**
   * Calls `changed` soon after messages were appended to the topic (at most about once per
   * `intervalMs`, default 1000; spurious calls are allowed). Resolves when the signal aborts.
   */
  watch(
    topic: string,
    changed: () => void,
    options: { signal: AbortSignal; intervalMs?: number },
  ): Promise<void>
  close(): Promise<void>
}

export class UnknownTopicError extends Error {
  override name = 'UnknownTopicError'
  readonly topic: string
  /** `hint` is one more reason, as a sentence. */
  constructor(topic: string, hint = '') {
    super(
      `Topic "${topic}" does not exist. The DAG that fills it makes it in its first run; or make it on the server.` +
        (hint && ` ${hint}`),
    )
    this.topic = topic
  }
}

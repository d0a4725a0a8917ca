// Tasks that land the event log in layer raw.

export { type ConsumeArgs, consumeAndSave } from './consume-and-save.ts'
export { checkKafkaMessage, measureLag, type TopicLag } from './measure-lag.ts'
export { LogChangedError, OffsetMovedError } from './offsets.ts'

// Tasks that land the event log in layer raw.

export { type ConsumeArgs, consumeAndSave } from './consume-and-save.ts'
export { LogChangedError, LogCutError, MessagesLostError, TopicChangedError } from './log-errors.ts'
export { checkKafkaMessage, measureLag, type TopicLag } from './measure-lag.ts'
export { OffsetMovedError } from './offsets.ts'

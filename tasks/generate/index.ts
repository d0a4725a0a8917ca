// Tasks that play the shop's customers.

export { type ProduceArgs, produceBatch, produceHistory } from './produce-batch.ts'

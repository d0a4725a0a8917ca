// Tasks that play the shop's customers.

export { type ProduceArgs, produceBatch } from './produce-batch.ts'

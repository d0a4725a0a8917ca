// Tasks that play the shop's customers.

export { type ProduceArgs, produceBatch } from './produce-batch.ts'
export { produceHistory } from './produce-history.ts'
export { producePast } from './produce-past.ts'

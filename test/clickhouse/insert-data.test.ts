import { implementations } from './implementations.ts'
import { describeInsertData } from './insert-data.ts'

for (const implementation of implementations()) describeInsertData(implementation)

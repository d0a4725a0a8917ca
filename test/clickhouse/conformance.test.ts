import { describeClickHouse } from './conformance.ts'
import { implementations } from './implementations.ts'
import { describeJavaDriver } from './java-driver.ts'

for (const implementation of implementations()) {
  describeClickHouse(implementation)
  describeJavaDriver(implementation)
}

// Where the engines are, as a task may use them: what `ctx.addresses()` answers. The metadata is not among
// them: a task that wrote there would change what the orchestrator knows.

import { attachEngines } from './engines/attach-engines.ts'
import { loadEnvironment } from './environment.ts'
import { loginUrl } from './logins/login-url.ts'

export interface TaskAddresses {
  warehouseUrl: string
  clickhouseUrl: string
  kafkaBrokers: string[] | null
}

/** @throws EnginesNotRunningError */
export async function taskAddresses(): Promise<TaskAddresses> {
  const { warehouseUrl, clickhouseUrl, kafkaBrokers } = await attachEngines(loadEnvironment())
  // The account of the tasks of the warehouse (logins), as `connections()` has it.
  return { warehouseUrl: await loginUrl(warehouseUrl, 'dds'), clickhouseUrl, kafkaBrokers }
}

// Which code a runner must hold. Threads keep the modules that they loaded, and DAGs share modules: a
// DAG that this worker meets for the first time may import a module that has changed since another
// DAG loaded it. So at each first meeting the hashes of all DAGs met before are compared too.

import type { Pool } from '../../connections/postgres.ts'
import type { ClaimedAttempt } from '../store/attempts.ts'
import type { RunnerPool } from './runner-pool.ts'

// Thousands of DAGs may be met for the first time at one tick.
const COMPARE_EVERY_MS = 500

export class CodeChanges {
  readonly #pool: Pool
  readonly #runners: RunnerPool
  #comparedAt = Number.NEGATIVE_INFINITY

  constructor(pool: Pool, runners: RunnerPool) {
    this.#pool = pool
    this.#runners = runners
  }

  /** Before an attempt takes a runner. */
  async before({ dagId, codeHash }: Pick<ClaimedAttempt, 'dagId' | 'codeHash'>): Promise<void> {
    const now = performance.now()
    if (!this.#runners.knows(dagId) && now - this.#comparedAt > COMPARE_EVERY_MS) {
      this.#comparedAt = now
      const { rows } = await this.#pool
        .query<{ dagId: string; codeHash: string }>({
          name: 'code_hashes',
          text: `select dag_id as "dagId", code_hash as "codeHash" from terrace.dag
                 where dag_id = any($1)`,
          values: [this.#runners.knownDagIds],
        })
        .catch((error: Error) => {
          // Not compared: whoever asks next does.
          this.#comparedAt = Number.NEGATIVE_INFINITY
          throw error
        })
      for (const dag of rows) this.#runners.noteCode(dag.dagId, dag.codeHash)
    }
    this.#runners.noteCode(dagId, codeHash)
  }
}

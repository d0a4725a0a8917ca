// The pinned graphs that a worker needs, by version id. A version never changes, so it is read once;
// the least recently used are forgotten.

import type { Pool } from '../../connections/postgres.ts'
import type { SerializedDag, SerializedTask } from '../graph/serialized-dag.ts'
import type { Persistence } from './persistence.ts'

export interface PinnedDag {
  dag: SerializedDag
  tasks: ReadonlyMap<string, SerializedTask>
}

const KEEP = 500

export class DagVersions {
  readonly #pool: Pool
  readonly #persistence: Persistence
  readonly #versions = new Map<string, Promise<PinnedDag>>()

  constructor(pool: Pool, persistence: Persistence) {
    this.#pool = pool
    this.#persistence = persistence
  }

  get(versionId: string): Promise<PinnedDag> {
    let version = this.#versions.get(versionId)
    if (version) this.#versions.delete(versionId)
    else {
      version = this.#read(versionId)
      // What could not be read is asked for again the next time.
      version.catch(() => this.#versions.delete(versionId))
    }
    this.#versions.set(versionId, version)
    if (this.#versions.size > KEEP) {
      for (const oldest of this.#versions.keys()) {
        this.#versions.delete(oldest)
        break
      }
    }
    return version
  }

  async #read(versionId: string): Promise<PinnedDag> {
    const { rows } = await this.#persistence.untilItPasses('Reading a DAG version', () =>
      this.#pool.query<{ graph: SerializedDag }>({
        name: 'dag_version_graph',
        text: 'select graph from terrace.dag_version where id = $1',
        values: [versionId],
      }),
    )
    const dag = rows[0]?.graph
    if (!dag) throw new Error(`DAG version ${versionId} does not exist any more`)
    return { dag, tasks: new Map(dag.tasks.map((task) => [task.taskId, task])) }
  }
}

// What is wrong with the wiring of a DAG: the message names the DAG, the task, the cause and the
// fix, because it is shown as an import error to somebody who does not have the file open.

export type DagDefinitionCode =
  | 'bad_id'
  | 'duplicate_task'
  | 'cycle'
  | 'unknown_input'
  | 'foreign_task'
  | 'bad_option'
  | 'bad_duration'
  | 'bad_date'
  | 'bad_schedule'
  | 'bad_cron'
  | 'bad_timezone'
  | 'bad_asset'
  | 'bad_handler'
  | 'not_json'
  | 'too_large'
  | 'sealed'

/** The DAG, and the task if one is concerned, that a definition error is about. */
export interface DefinitionSubject {
  dagId: string
  taskId?: string
}

export class DagDefinitionError extends Error {
  override readonly name = 'DagDefinitionError'
  readonly code: DagDefinitionCode
  readonly dagId: string
  readonly taskId: string | null

  constructor(
    code: DagDefinitionCode,
    subject: DefinitionSubject,
    cause: string,
    fix: string,
    options?: ErrorOptions,
  ) {
    const task = subject.taskId === undefined ? '' : `, task "${subject.taskId}"`
    super(`DAG "${subject.dagId}"${task}: ${cause}. ${fix}.`, options)
    this.code = code
    this.dagId = subject.dagId
    this.taskId = subject.taskId ?? null
  }
}

// Where the page's reads stand below /ui. The parameters have the names that pathOf knows.

export const DAG = '/dags/:dag_id'
export const RUN = `${DAG}/runs/:dag_run_id`
export const TASK = `${RUN}/tasks/:task_id`

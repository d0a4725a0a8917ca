import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { usePauseDag, useTriggerDag } from '../api/dags.ts'
import type { DagDetails } from '../api/types.ts'
import { checkConf } from '../text/json-position.ts'
import { ConfEditor } from './conf-editor.tsx'

interface Props {
  dagId: string
  isPaused: boolean
  params: DagDetails['params']
  onClose: () => void
}

export function TriggerForm({ dagId, isPaused, params, onClose }: Props) {
  const [conf, setConf] = useState(() => defaultConf(params))
  const [resume, setResume] = useState(true)
  const trigger = useTriggerDag(dagId)
  const pause = usePauseDag(dagId)
  const navigate = useNavigate()
  const checked = checkConf(conf)

  async function start(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    if ('problem' in checked) return
    const fields = new FormData(event.currentTarget)
    const runId = String(fields.get('run_id')).trim()
    const date = String(fields.get('logical_date'))
    const note = String(fields.get('note')).trim()
    if (isPaused && resume) await pause.mutateAsync(false)
    const run = await trigger.mutateAsync({
      ...(runId !== '' && { dag_run_id: runId }),
      logical_date: date === '' ? null : new Date(date).toISOString(),
      conf: checked.value,
      ...(note !== '' && { note }),
    })
    onClose()
    await navigate({ to: '/dags/$dagId/runs/$runId', params: { dagId, runId: run.dag_run_id } })
  }

  const failure = trigger.error ?? pause.error
  return (
    // What fails is shown from the mutations' own state.
    <form className="dialog-form" onSubmit={(event) => void start(event).catch(() => {})}>
      <ConfEditor value={conf} onChange={setConf} checked={checked} />
      <div className="field-row">
        <label className="labelled">
          Run id
          <input className="field" name="run_id" placeholder="made from the time" maxLength={250} />
        </label>
        <label className="labelled">
          Logical date, in your zone
          <input className="field" name="logical_date" type="datetime-local" step="1" />
        </label>
      </div>
      <label className="labelled">
        Note
        <input className="field" name="note" placeholder="Why this run?" maxLength={1000} />
      </label>
      {isPaused && (
        <label className="check">
          <input type="checkbox" checked={resume} onChange={() => setResume(!resume)} />
          Resume the DAG as well: it is paused, and a run of a paused DAG waits
        </label>
      )}
      {failure && (
        <p className="note note-bad" role="alert">
          {failure.message}
        </p>
      )}
      <footer>
        <button type="button" className="button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="submit"
          className="button button-main"
          disabled={'problem' in checked || trigger.isPending || pause.isPending}
        >
          {trigger.isPending ? 'Starting…' : 'Start the run'}
        </button>
      </footer>
    </form>
  )
}

function defaultConf(params: DagDetails['params']): string {
  const values = Object.entries(params).map(([name, { value }]) => [name, value])
  return JSON.stringify(Object.fromEntries(values), null, 2)
}

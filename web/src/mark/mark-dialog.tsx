import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type Mark, type MarkRequest, markPreviewQuery, useMark } from '../api/marks.ts'
import { Dialog } from '../parts/dialog.tsx'
import { DialogEnd } from '../parts/dialog-end.tsx'
import { markCommand } from './mark-command.ts'

interface Props {
  of: Omit<MarkRequest, 'state'>
  active: boolean
  onClose: () => void
}

const OF_A_TASK = [
  ['failed', 'Failed: it is not retried'],
  ['success', 'Success: what comes after goes on'],
  ['skipped', 'Skipped'],
] as const satisfies [Mark, string][]

const OF_A_RUN = [
  ['failed', 'Failed: what has not started is skipped'],
  ['success', 'Success: every task becomes one'],
] as const satisfies [Mark, string][]

/** A person decides what a task or a run is, whatever its code does. */
export function MarkDialog({ of, active, onClose }: Props) {
  const [state, setState] = useState<Mark>(active ? 'failed' : 'success')
  const request: MarkRequest = { ...of, state }
  const preview = useQuery(markPreviewQuery(request))
  const mark = useMark()
  const what = of.task ? of.task.taskId : 'the run'
  const isThere = preview.data?.total_entries === 0

  return (
    <Dialog title={active ? `Stop ${what}` : `Mark ${what}`} onClose={onClose}>
      <div className="dialog-form">
        <p className="muted">
          Code that runs is told to stop, and is ended when it does not. Until it is gone it is
          shown as running. It can be cleared afterwards, to run again.
        </p>
        <fieldset className="options">
          <legend>What it is then</legend>
          {(of.task ? OF_A_TASK : OF_A_RUN).map(([value, label]) => (
            <label key={value} className="check">
              <input
                type="radio"
                name="state"
                checked={state === value}
                onChange={() => setState(value)}
              />
              {label}
            </label>
          ))}
        </fieldset>
        {isThere && (
          <p className="note" role="status">
            It is {state} already.
          </p>
        )}
        <DialogEnd
          command={markCommand(request)}
          error={mark.error}
          label={mark.isPending ? 'Deciding…' : `${active ? 'Stop' : 'Mark'} as ${state}`}
          disabled={isThere || mark.isPending}
          onAct={() => mark.mutate(request, { onSuccess: onClose })}
          onClose={onClose}
        />
      </div>
    </Dialog>
  )
}

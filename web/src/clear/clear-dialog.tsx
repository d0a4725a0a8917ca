import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type ClearRequest, clearPreviewQuery, useClear } from '../api/tasks.ts'
import { Answer } from '../parts/answer.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { DialogEnd } from '../parts/dialog-end.tsx'
import { clearCommand } from './clear-command.ts'
import { ClearOptions } from './clear-options.tsx'
import { ClearPreview } from './clear-preview.tsx'

interface Props {
  initial: ClearRequest
  onClose: () => void
}

/** Clearing lets tasks run again: first the choice, then what it would change, then the button. */
export function ClearDialog({ initial, onClose }: Props) {
  const [request, setRequest] = useState(initial)
  const preview = useQuery(clearPreviewQuery(request))
  const clear = useClear()
  const count = preview.data?.total_entries
  const title = request.taskIds === null ? 'Clear the run' : `Clear ${request.taskIds.join(', ')}`

  return (
    <Dialog title={title} onClose={onClose}>
      <div className="dialog-form">
        <p className="muted">
          What is cleared forgets how it ended and runs again, with the version of the DAG that the
          run is pinned to. Attempts and logs so far stay.
        </p>
        <ClearOptions request={request} onChange={setRequest} />
        <Answer query={preview} what="what would change">
          {({ task_instances: instances }) => <ClearPreview instances={instances} />}
        </Answer>
        <DialogEnd
          command={clearCommand(request)}
          error={clear.error}
          label={clear.isPending ? 'Clearing…' : buttonText(count)}
          disabled={!count || clear.isPending}
          onAct={() => clear.mutate(request, { onSuccess: onClose })}
          onClose={onClose}
        />
      </div>
    </Dialog>
  )
}

function buttonText(count: number | undefined): string {
  if (count === undefined) return 'Clear'
  return count === 1 ? 'Clear 1 task' : `Clear ${count} tasks`
}

import { useQuery } from '@tanstack/react-query'
import { dagDetailsQuery } from '../api/dags.ts'
import { Answer } from '../parts/answer.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { TriggerForm } from './trigger-form.tsx'

interface Props {
  dagId: string
  isPaused: boolean
  onClose: () => void
}

export function TriggerDialog({ dagId, isPaused, onClose }: Props) {
  const details = useQuery(dagDetailsQuery(dagId))
  return (
    <Dialog title={`Trigger ${dagId}`} onClose={onClose}>
      <Answer query={details} what="the DAG's parameters">
        {({ params }) => (
          <TriggerForm dagId={dagId} isPaused={isPaused} params={params} onClose={onClose} />
        )}
      </Answer>
    </Dialog>
  )
}

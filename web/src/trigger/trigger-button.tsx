import { useState } from 'react'
import { ActionButton } from '../parts/action-button.tsx'
import { TriggerDialog } from './trigger-dialog.tsx'

interface Props {
  dagId: string
  isPaused: boolean
  main?: boolean
}

export function TriggerButton({ dagId, isPaused, main = false }: Props) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <ActionButton main={main} label={`Trigger ${dagId}`} onClick={() => setOpen(true)}>
        <span aria-hidden="true">▶</span> <span className="wide">Trigger</span>
      </ActionButton>
      {open && <TriggerDialog dagId={dagId} isPaused={isPaused} onClose={() => setOpen(false)} />}
    </>
  )
}

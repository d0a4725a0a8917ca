import { useState } from 'react'
import type { MarkRequest } from '../api/marks.ts'
import { ActionButton } from '../parts/action-button.tsx'
import { MarkDialog } from './mark-dialog.tsx'

interface Props {
  request: Omit<MarkRequest, 'state'>
  /** Whether code of it runs or is to run: then the first choice is to stop it. */
  active: boolean
}

/** Stops what runs, or gives another state to what has ended; asks first. */
export function MarkButton({ request, active }: Props) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <ActionButton reason={null} main={false} onClick={() => setOpen(true)}>
        {active ? 'Stop' : 'Mark as'}…
      </ActionButton>
      {open && <MarkDialog of={request} active={active} onClose={() => setOpen(false)} />}
    </>
  )
}

import { type ReactNode, useState } from 'react'
import type { ClearRequest } from '../api/tasks.ts'
import { ActionButton } from '../parts/action-button.tsx'
import { ClearDialog } from './clear-dialog.tsx'

interface Props {
  /** What the dialog begins with. */
  request: ClearRequest
  reason?: string | null
  main?: boolean
  children: ReactNode
}

export function ClearButton({ request, reason = null, main = false, children }: Props) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <ActionButton reason={reason} main={main} onClick={() => setOpen(true)}>
        {children}…
      </ActionButton>
      {open && <ClearDialog initial={request} onClose={() => setOpen(false)} />}
    </>
  )
}

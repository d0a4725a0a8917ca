import { usePauseDag } from '../api/dags.ts'
import { useReadOnlyReason } from '../api/session.ts'

export function PauseSwitch({ dagId, isPaused }: { dagId: string; isPaused: boolean }) {
  const pause = usePauseDag(dagId)
  const readOnly = useReadOnlyReason()
  // While the server is asked, the switch already stands where it will be.
  const shown = pause.isPending ? pause.variables : isPaused
  return (
    <button
      type="button"
      role="switch"
      className="switch"
      aria-checked={!shown}
      aria-label={`${dagId} is active`}
      aria-disabled={readOnly !== null}
      title={
        readOnly ??
        pause.error?.message ??
        (shown ? 'Paused: resume its schedule' : 'Active: pause its schedule')
      }
      onClick={() => {
        if (readOnly === null && !pause.isPending) pause.mutate(!isPaused)
      }}
    />
  )
}

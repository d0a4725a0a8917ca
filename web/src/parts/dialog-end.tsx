import { CommandLine } from './command-line.tsx'

interface Props {
  /** What does the same on the command line. */
  command: string
  error: Error | null
  /** The button that acts. */
  label: string
  disabled: boolean
  onAct: () => void
  onClose: () => void
}

/** Below what a dialog asks: its command, what went wrong, and its two buttons. */
export function DialogEnd({ command, error, label, disabled, onAct, onClose }: Props) {
  return (
    <>
      <details className="cli-line">
        <summary>The same on the command line</summary>
        <CommandLine text={command} />
      </details>
      {error && (
        <p className="note note-bad" role="alert">
          {error.message}
        </p>
      )}
      <footer>
        <button type="button" className="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" className="button button-main" disabled={disabled} onClick={onAct}>
          {label}
        </button>
      </footer>
    </>
  )
}

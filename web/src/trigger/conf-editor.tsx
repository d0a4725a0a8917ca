import { useId } from 'react'
import type { Checked } from '../text/json-position.ts'

interface Props {
  value: string
  onChange: (text: string) => void
  checked: Checked
}

export function ConfEditor({ value, onChange, checked }: Props) {
  const hintId = useId()
  const problem = 'problem' in checked ? checked.problem : null
  return (
    <label className="labelled">
      Conf
      <textarea
        className="field mono"
        rows={7}
        spellCheck={false}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        aria-invalid={problem !== null}
        aria-describedby={hintId}
      />
      <span id={hintId} className={problem === null ? 'hint' : 'hint hint-bad'} role="status">
        {problem ?? 'A JSON object; tasks read it as ctx.conf.'}
      </span>
    </label>
  )
}

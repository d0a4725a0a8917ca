import type { ClearRequest } from '../api/tasks.ts'

interface Props {
  request: ClearRequest
  onChange: (request: ClearRequest) => void
}

const OF_TASKS = [
  ['downstream', 'Downstream: what comes after'],
  ['upstream', 'Upstream: what comes before'],
] as const

export function ClearOptions({ request, onChange }: Props) {
  return (
    <fieldset className="options">
      <legend>What to clear</legend>
      {request.taskIds !== null &&
        OF_TASKS.map(([option, label]) => (
          <label key={option} className="check">
            <input
              type="checkbox"
              checked={request[option]}
              onChange={() => onChange({ ...request, [option]: !request[option] })}
            />
            {label}
          </label>
        ))}
      <label className="check">
        <input
          type="checkbox"
          checked={request.onlyFailed}
          onChange={() => onChange({ ...request, onlyFailed: !request.onlyFailed })}
        />
        Only failed
      </label>
    </fieldset>
  )
}

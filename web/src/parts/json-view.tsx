import { CopyButton } from './copy-button.tsx'

export function JsonView({ value, label }: { value: unknown; label: string }) {
  const text = JSON.stringify(value, null, 2)
  return (
    <div className="json-view">
      <section className="json-text" aria-label={label} tabIndex={-1}>
        <pre>{text}</pre>
      </section>
      <CopyButton text={text} label={`Copy ${label}`} />
    </div>
  )
}

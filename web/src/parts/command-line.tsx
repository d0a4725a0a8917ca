import { CopyButton } from './copy-button.tsx'

/** A line for a shell, as an empty or a failed state offers it. */
export function CommandLine({ text }: { text: string }) {
  return (
    <span className="command-line">
      <code>{text}</code>
      <CopyButton text={text} label={`Copy: ${text}`} />
    </span>
  )
}

/** The text of a file with line numbers, which a selection leaves out. */
export function SourceText({ text, label }: { text: string; label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section className="source card" aria-label={label} tabIndex={0}>
      <pre>
        {text
          .replace(/\n$/, '')
          .split('\n')
          .map((line, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is known by its number.
            <code key={i} className="source-line">
              {`${line}\n`}
            </code>
          ))}
      </pre>
    </section>
  )
}

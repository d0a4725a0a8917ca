import { useMemo } from 'react'
import { highlighted } from './highlight.ts'

/** The text of a file with line numbers, which a selection leaves out. */
export function SourceText({ text, label }: { text: string; label: string }) {
  const lines = useMemo(() => highlighted(text.replace(/\n$/, '')), [text])
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section className="source card" aria-label={label} tabIndex={0}>
      <pre>
        {lines.map((words, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line is known by its number.
          <code key={i} className="source-line">
            {words.map((word, n) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a word is known by its place.
              <span key={n} className={word.classes || undefined}>
                {word.text}
              </span>
            ))}
            {'\n'}
          </code>
        ))}
      </pre>
    </section>
  )
}

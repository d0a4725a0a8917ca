import type { ReactNode } from 'react'

/** The way up from a view; the view itself is its heading below. */
export function Breadcrumbs({ children }: { children: ReactNode[] | ReactNode }) {
  const steps = Array.isArray(children) ? children : [children]
  return (
    <nav aria-label="Breadcrumbs" className="breadcrumbs">
      <ol>
        {steps.map((step, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the steps of a view never move.
          <li key={i}>{step}</li>
        ))}
      </ol>
    </nav>
  )
}

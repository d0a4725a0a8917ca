import { lazy, Suspense } from 'react'
import { Loading } from '../parts/loading.tsx'

const Markdown = lazy(() => import('../parts/markdown.tsx'))

/** Lines that are shown without being asked for. */
const SHORT = 6

/** The documentation of a DAG or a task; what is long opens at a click. */
export function Doc({ text, what }: { text: string | null | undefined; what: string }) {
  if (!text?.trim()) return null
  return (
    <details className="doc card" open={text.trim().split('\n').length <= SHORT}>
      <summary>About {what}</summary>
      <Suspense fallback={<Loading what="the text" />}>
        <Markdown text={text} />
      </Suspense>
    </details>
  )
}

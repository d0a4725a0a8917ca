import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef } from 'react'
import { LogRowView } from './log-row-view.tsx'
import type { LogRow } from './log-rows.ts'

const ROW = 20
const AT_END = 30

interface Props {
  rows: LogRow[]
  search: string
  jumpTo: number | null
  follow: boolean
  onFollow: (follow: boolean) => void
  wrap: boolean
}

/** Draws the rows that the screen shows, of however many there are. */
export function LogView({ rows, search, jumpTo, follow, onFollow, wrap }: Props) {
  const scroller = useRef<HTMLElement>(null)
  const scrolledTo = useRef(0)
  const view = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 20,
  })

  useEffect(() => {
    if (follow && rows.length > 0) view.scrollToIndex(rows.length - 1, { align: 'end' })
  }, [follow, rows.length, view])

  useEffect(() => {
    if (jumpTo !== null) view.scrollToIndex(jumpTo, { align: 'center' })
  }, [jumpTo, view])

  // biome-ignore lint/correctness/useExhaustiveDependencies: rows have other heights when they wrap.
  useEffect(() => view.measure(), [wrap, view])

  /** Looking up leaves the end; coming back to it follows again. */
  function onScroll(): void {
    const element = scroller.current
    if (!element) return
    const { scrollTop, scrollHeight, clientHeight } = element
    const atEnd = scrollHeight - scrollTop - clientHeight < AT_END
    if (scrollTop < scrolledTo.current && !atEnd) onFollow(false)
    else if (scrollTop > scrolledTo.current && atEnd && jumpTo === null) onFollow(true)
    scrolledTo.current = scrollTop
  }

  return (
    <section
      ref={scroller}
      className="log-scroll"
      data-wrap={wrap}
      aria-label="Log"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
      tabIndex={0}
      onScroll={onScroll}
    >
      <div className="log-canvas" style={{ height: view.getTotalSize() }}>
        {view.getVirtualItems().map(({ index, start, key }) => (
          <div
            key={key}
            ref={wrap ? view.measureElement : undefined}
            data-index={index}
            className="log-line"
            style={{ transform: `translateY(${start}px)` }}
          >
            <LogRowView row={rows[index]!} search={search} isCurrent={index === jumpTo} />
          </div>
        ))}
      </div>
    </section>
  )
}

import { useRouter } from '@tanstack/react-router'
import type { HTMLAttributes, MouseEvent } from 'react'

/** Follows plain links inside it without loading the page anew; a new tab stays the browser's. */
export function LinkArea(props: HTMLAttributes<HTMLDivElement>) {
  const { history } = useRouter()

  function follow(event: MouseEvent<HTMLDivElement>): void {
    const modified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey
    if (event.defaultPrevented || event.button !== 0 || modified) return
    const address = (event.target as Element).closest('a')?.getAttribute('href')
    if (!address) return
    event.preventDefault()
    history.push(address)
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Enter on a link inside clicks it.
    // biome-ignore lint/a11y/useKeyWithClickEvents: the same.
    <div {...props} onClick={follow} />
  )
}

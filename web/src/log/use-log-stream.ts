// Reads the log of an attempt as it is written. Lines are taken in once a frame, however many arrive;
// a stream that is refused or breaks begins again after the last line that came.

import { useEffect, useRef, useState } from 'react'
import { logPath, type TaskKey } from '../api/tasks.ts'
import type { LogLine } from '../api/types.ts'
import { type LogRow, rowsOf } from './log-rows.ts'

const PAUSE_MS = 2_000

export interface LogStream {
  rows: LogRow[]
  state: 'waiting' | 'reading' | 'ended' | 'lost'
}

export function useLogStream(taskKey: TaskKey, attempt: number): LogStream {
  const [stream, setStream] = useState<LogStream>({ rows: [], state: 'waiting' })
  const address = useRef('')
  address.current = logPath(taskKey, attempt, 'events')

  useEffect(() => {
    let source: EventSource
    let timer: ReturnType<typeof setTimeout>
    let frame = 0
    let lastLine = 0
    let arrived: LogRow[] = []

    function takeIn(): void {
      frame = 0
      const rows = arrived
      arrived = []
      setStream((old) => ({ rows: old.rows.concat(rows), state: 'reading' }))
    }

    function open(): void {
      source = new EventSource(`${address.current}&after=${lastLine}`)
      source.addEventListener('open', () => setStream((old) => ({ ...old, state: 'reading' })))
      source.addEventListener('lines', ({ data }: MessageEvent<string>) => {
        const { lines } = JSON.parse(data) as { lines: LogLine[] }
        for (const line of lines) {
          if (line.line_number <= lastLine) continue
          lastLine = line.line_number
          arrived.push(...rowsOf(line))
        }
        frame ||= requestAnimationFrame(takeIn)
      })
      source.addEventListener('end', () => {
        source.close()
        cancelAnimationFrame(frame)
        takeIn()
        setStream((old) => ({ ...old, state: 'ended' }))
      })
      source.addEventListener('error', () => {
        source.close()
        setStream((old) => ({ ...old, state: 'lost' }))
        timer = setTimeout(open, PAUSE_MS)
      })
    }

    open()
    return () => {
      source.close()
      clearTimeout(timer)
      cancelAnimationFrame(frame)
    }
  }, [])

  return stream
}

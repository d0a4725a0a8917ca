import { queryOptions } from '@tanstack/react-query'
import { get, path } from '../../api/client.ts'

export type Display = 'line' | 'bar' | 'area' | 'pie' | 'row' | 'table' | 'number'

export type Format = 'number' | 'money' | 'percent'

export interface Question {
  id: string
  title: string
  description: string
  group: string
  display: Display
  x: string | null
  y: string[]
  format: Format | null
  problem?: string | null
}

export interface Answered extends Question {
  columns: string[]
  rows: unknown[][]
  ran_at: string
}

export const questionsQuery = queryOptions({
  queryKey: ['questions'],
  queryFn: ({ signal }) => get<{ questions: Question[] }>('/ui/questions', signal),
})

export function answerQuery(id: string) {
  return queryOptions({
    queryKey: ['question', id],
    queryFn: ({ signal }) => get<Answered>(path`/ui/questions/${id}`, signal),
    // The marts change with each batch; an open dashboard follows.
    refetchInterval: 30_000,
  })
}

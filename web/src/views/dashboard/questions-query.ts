import { queryOptions } from '@tanstack/react-query'
import { get, path } from '../../api/client.ts'

export type Display = 'line' | 'bar' | 'area' | 'pie' | 'row' | 'table' | 'number'

export interface Question {
  id: string
  title: string
  description: string
  group: string
  display: Display
  x: string | null
  y: string[]
  /** Columns of amounts, and of parts of a whole. */
  money: string[]
  percent: string[]
  problem?: string | null
}

export interface Answered extends Question {
  columns: string[]
  rows: unknown[][]
  /** Of the amounts, such as EUR. */
  currency: string
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

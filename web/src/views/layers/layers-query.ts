import { queryOptions } from '@tanstack/react-query'
import { get } from '../../api/client.ts'
import type { Layers } from './layer.ts'

export const layersQuery = queryOptions({
  queryKey: ['layers'],
  queryFn: ({ signal }) => get<Layers>('/ui/layers', signal),
  // Rows arrive without a word; a change of runs would ask the warehouse four times a second.
  refetchInterval: 5_000,
})

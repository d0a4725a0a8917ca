import { Loading } from '../parts/loading.tsx'

export function RoutePending() {
  return <Loading what="the view" />
}

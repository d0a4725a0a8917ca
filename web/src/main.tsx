import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { onLoggedOut } from './api/client.ts'
import { listenForChanges } from './api/events.ts'
import { queryClient } from './api/query-client.ts'
import { pageTitle } from './layout/page-title.ts'
import { applyTheme } from './layout/theme.ts'
import { router } from './router.tsx'
import './styles/index.css'

applyTheme()
listenForChanges(queryClient)
onLoggedOut(() => {
  queryClient.clear()
  if (router.state.location.pathname !== '/login')
    void router.navigate({ to: '/login', search: { next: router.state.location.href } })
})
router.subscribe('onResolved', ({ toLocation }) => {
  document.title = pageTitle(toLocation.pathname)
})

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
)

import { expect, test } from 'vitest'
import { pageTitle } from '../../web/src/layout/page-title.ts'

test.each([
  ['/', 'DAGs · Terrace'],
  ['/import-errors', 'Import errors · Terrace'],
  ['/dags/shop/grid', 'shop · Terrace'],
  ['/dags/shop/runs', 'shop · Terrace'],
  [
    '/dags/shop/runs/manual__2026-11-21T00%3A00%3A00Z',
    'manual__2026-11-21T00:00:00Z · shop · Terrace',
  ],
  ['/dags/shop/runs/manual__1/tasks/load', 'load · shop · Terrace'],
])('the tab of %s says %s', (address, title) => {
  expect(pageTitle(address)).toBe(title)
})

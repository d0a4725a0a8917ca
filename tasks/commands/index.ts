// What the shop adds to the command line; package.json names this file. Light: each noun imports
// its own code when it is asked for.

import type { Noun } from '../../orchestrator/cli/commands.ts'

export const nouns: Noun[] = [
  {
    name: 'produce',
    summary: 'send files of orders, events and products, or write a sample of one',
    load: () => import('./produce.ts'),
  },
  {
    name: 'batches',
    summary: 'batches of the marts that are not published: look, set aside, take up again',
    load: () => import('./batches.ts'),
  },
  {
    name: 'sources',
    summary: 'sources that send: their rules, and whether every layer has what they sent',
    load: () => import('./sources.ts'),
  },
  {
    name: 'quarantine',
    summary: 'refused messages: look at them, mend and replay them',
    load: () => import('./quarantine.ts'),
  },
  {
    name: 'enrichment',
    summary: 'outer APIs: calls and quotas, pending questions, ask again',
    load: () => import('./enrichment.ts'),
  },
]

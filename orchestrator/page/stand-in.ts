// What a browser sees while there is no page: that it is being built, or what is in the way.

import type { PageState } from './page.ts'

const REFRESH_SECONDS = 2

export const STAND_IN_CSS = `
:root { color-scheme: light dark; }
body {
  max-width: 44rem;
  margin: 15vh auto 0;
  padding: 0 1.25rem;
  font: 16px / 1.5 system-ui, sans-serif;
}
pre { overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
`

export function standIn(state: Exclude<PageState, { kind: 'built' }>): string {
  if (state.kind === 'building')
    return document(
      'The page is being built',
      'This happens once after its sources have changed and takes some seconds. It opens by itself.',
      `<meta http-equiv="refresh" content="${REFRESH_SECONDS}" />`,
    )
  return document('There is no page to show', state.problem)
}

function document(title: string, text: string, head = ''): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    ${head}
    <title>Terrace: ${title}</title>
    <link rel="stylesheet" href="/stand-in.css" />
  </head>
  <body>
    <main>
      <h1>${title}</h1>
      <pre role="status">${escaped(text)}</pre>
      <p>The API goes on: /api/v2 answers, and so does the command line.</p>
    </main>
  </body>
</html>
`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

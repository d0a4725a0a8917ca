// Builds the page to static files: `vite build web`, to TERRACE_PAGE_OUT or dist/web.
//
// The server's policy allows scripts, styles and fonts of its own address alone: so nothing is inlined
// (`assetsInlineLimit: 0`, no preload polyfill) and nothing is fetched from elsewhere.

import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const SERVER = process.env.TERRACE_PAGE_SERVER ?? 'http://127.0.0.1:8081'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: resolve(process.env.TERRACE_PAGE_OUT ?? resolve(import.meta.dirname, '../dist/web')),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // ELK's layout engine is one file of 1.4 MB; it is loaded with the first graph.
    chunkSizeWarningLimit: 1_600,
  },
  server: { proxy: { '/api': SERVER, '/ui': SERVER, '/auth': SERVER } },
})

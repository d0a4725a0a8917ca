// A hook of Node's module loader: what a DAG or a task imports from `orchestrator/` or `connections/`
// of the checkout comes from the build of it. The URL of everything else stays as it is.

import type { ResolveFnOutput, ResolveHook, ResolveHookContext } from 'node:module'

export interface CompiledCheckout {
  /** URL of the checkout's folder. */
  checkout: string
  /** URL of the build. */
  build: string
}

const COMPILED = /^((?:orchestrator|connections)\/.+)\.ts$/
let compiled: CompiledCheckout

export function initialize(data: CompiledCheckout): void {
  compiled = data
}

export function resolve(
  specifier: string,
  context: ResolveHookContext,
  next: Parameters<ResolveHook>[2],
): ResolveFnOutput | Promise<ResolveFnOutput> {
  const { checkout, build } = compiled
  if (/^(\.{0,2}\/|file:)/.test(specifier)) {
    const url = URL.parse(specifier, context.parentURL)?.href ?? ''
    const path = url.startsWith(checkout) && COMPILED.exec(url.slice(checkout.length))?.[1]
    if (path) return { url: `${build}${path}.js`, format: 'module', shortCircuit: true }
  }
  return next(specifier, context)
}

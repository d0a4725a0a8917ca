// Asset expressions: which assets one names, and whether updates satisfy it.

import type { AssetExpression } from './serialized-dag.ts'

export function isSatisfied(expression: AssetExpression, updated: ReadonlySet<string>): boolean {
  if ('asset' in expression) return updated.has(expression.asset)
  if ('all' in expression) return expression.all.every((part) => isSatisfied(part, updated))
  return expression.any.some((part) => isSatisfied(part, updated))
}

/** Names of the assets in an expression, each once. */
export function assetNames(expression: AssetExpression): string[] {
  if ('asset' in expression) return [expression.asset]
  const parts = 'all' in expression ? expression.all : expression.any
  return [...new Set(parts.flatMap(assetNames))]
}

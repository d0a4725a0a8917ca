export function checkoutFolder(): string | null
export function compiledCheckout(): string | null
export function compileTo(
  checkout: string,
  folder: string,
  compilerOptions?: readonly string[],
): void

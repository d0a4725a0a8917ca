/** `1 task`, `2 tasks`: a count and what it counts. Give the plural when it is not the noun with an s. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`
}

// What a handler finds around it in its thread, beside modules, which are shared on purpose. The
// environment, the listeners of the process and what is commonly replaced are put back after an attempt.
// Globals are only compared: a module that was loaded in the attempt may need those that it made, so a
// thread whose globals have changed is not fit for another attempt.

type Descriptors = Map<string, PropertyDescriptor>

/** Properties that code replaces to listen in, or to pretend. */
const REPLACEABLE: readonly (readonly [object, string])[] = [
  [process, 'env'],
  [process, 'exit'],
  [process, 'exitCode'],
  [process.stdout, 'write'],
  [process.stderr, 'write'],
]

export class Surroundings {
  #env: Record<string, string | undefined> = {}
  #globals: Descriptors = new Map()
  #console: Descriptors = new Map()
  #replaceable: unknown[] = []
  #listeners = new Map<string | symbol, unknown[]>()

  /** What is here now is what the next attempts find. */
  keep(): void {
    this.#env = { ...process.env }
    this.#globals = descriptorsOf(globalThis)
    this.#console = descriptorsOf(console)
    this.#replaceable = REPLACEABLE.map(([object, key]) => Reflect.get(object, key))
    this.#listeners = new Map(
      process.eventNames().map((name) => [name, process.rawListeners(name as 'exit')]),
    )
  }

  /** Puts back what can be, and returns the names of globals that have changed. */
  restore(): string[] {
    for (const [index, [object, key]] of REPLACEABLE.entries()) {
      const kept = this.#replaceable[index]
      if (Reflect.get(object, key) !== kept) Reflect.set(object, key, kept)
    }
    this.#restoreEnv()
    this.#restoreListeners()
    return [
      ...changed(globalThis, this.#globals),
      ...changed(console, this.#console).map((name) => `console.${name}`),
    ]
  }

  #restoreEnv(): void {
    const { env } = process
    for (const name of Object.keys(env)) if (!(name in this.#env)) delete env[name]
    for (const name in this.#env) if (env[name] !== this.#env[name]) env[name] = this.#env[name]
  }

  #restoreListeners(): void {
    for (const name of new Set([...this.#listeners.keys(), ...process.eventNames()])) {
      const event = name as 'exit'
      const kept = this.#listeners.get(name) ?? []
      const now: unknown[] = process.rawListeners(event)
      if (now.length === kept.length && now.every((listener, n) => listener === kept[n])) continue
      process.removeAllListeners(event)
      for (const listener of kept) process.on(event, listener as () => void)
    }
  }
}

function descriptorsOf(object: object): Descriptors {
  const names = Object.getOwnPropertyNames(object)
  return new Map(names.map((name) => [name, Object.getOwnPropertyDescriptor(object, name)!]))
}

function changed(object: object, kept: Descriptors): string[] {
  const now = Object.getOwnPropertyNames(object)
  const names = now.filter((name) => {
    const before = kept.get(name)
    const value: unknown = Object.getOwnPropertyDescriptor(object, name)?.value
    // Some of Node's own compute their value when they are first used.
    const isFirstUse = before?.get !== undefined && value !== undefined
    const expected: unknown = isFirstUse ? before.get!.call(object) : before?.value
    return !before || !Object.is(value, expected)
  })
  if (now.length < kept.size) names.push(...[...kept.keys()].filter((name) => !(name in object)))
  return names
}

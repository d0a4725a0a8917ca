// What a handler finds around it in its thread, beside modules, which are shared on purpose. The
// environment, the listeners of the process and what is commonly replaced are put back after an attempt.
// Globals are only compared: a module that was loaded in the attempt may need those that it made, so a
// thread whose globals have changed is not fit for another attempt.
//
// This is done after each attempt, so it is cheap where nothing has changed: about 20 µs. To read the
// whole environment alone takes twice as long, so writes to it are watched.

type Listener = (...args: unknown[]) => void

/** Properties that code replaces to listen in, or to pretend. */
const REPLACEABLE: readonly (readonly [object, string])[] = [
  [process, 'env'],
  [process, 'exit'],
  [process, 'exitCode'],
  [process.stdout, 'write'],
  [process.stderr, 'write'],
]

export class Surroundings {
  readonly #env = process.env
  #isEnvChanged = false
  #keptEnv: Record<string, string | undefined> = {}
  #replaceable: unknown[] = []
  #listeners = new Map<string | symbol, Listener[]>()
  #globals = new Properties(globalThis)
  #console = new Properties(console)

  constructor() {
    process.env = new Proxy(this.#env, {
      set: (env, name, value) => {
        this.#isEnvChanged = true
        return Reflect.set(env, name, value)
      },
      defineProperty: (env, name, property) => {
        this.#isEnvChanged = true
        return Reflect.defineProperty(env, name, property)
      },
      deleteProperty: (env, name) => {
        this.#isEnvChanged = true
        return Reflect.deleteProperty(env, name)
      },
    })
    this.keep()
  }

  /** What is here now is what the next attempts find. */
  keep(): void {
    this.#keptEnv = { ...this.#env }
    this.#isEnvChanged = false
    this.#replaceable = REPLACEABLE.map(([object, key]) => Reflect.get(object, key))
    this.#listeners = new Map(process.eventNames().map((name) => [name, listenersOf(name)]))
    this.#globals = new Properties(globalThis)
    this.#console = new Properties(console)
  }

  /** Puts back what can be, and returns the names of globals that have changed. */
  restore(): string[] {
    for (const [index, [object, key]] of REPLACEABLE.entries()) {
      const kept = this.#replaceable[index]
      if (Reflect.get(object, key) !== kept) Reflect.set(object, key, kept)
    }
    if (this.#isEnvChanged) this.#restoreEnv()
    this.#restoreListeners()
    return [...this.#globals.changed(), ...this.#console.changed().map((name) => `console.${name}`)]
  }

  #restoreEnv(): void {
    const kept = this.#keptEnv
    for (const name of Object.keys(this.#env)) if (!(name in kept)) delete this.#env[name]
    for (const name in kept) if (this.#env[name] !== kept[name]) this.#env[name] = kept[name]
    this.#isEnvChanged = false
  }

  #restoreListeners(): void {
    const names = process.eventNames()
    const isSame =
      names.length === this.#listeners.size &&
      names.every((name) => process.listenerCount(name) === this.#listeners.get(name)?.length)
    if (isSame) return
    for (const name of new Set([...this.#listeners.keys(), ...names])) {
      process.removeAllListeners(name)
      for (const listener of this.#listeners.get(name) ?? []) process.on(name, listener)
    }
  }
}

function listenersOf(name: string | symbol): Listener[] {
  return process.rawListeners(name as 'exit') as Listener[]
}

/** The properties of an object as they were. */
class Properties {
  readonly #object: object
  readonly #values: [name: string, value: unknown][] = []
  /** Some of Node's own compute their value when they are first used, and become it. */
  readonly #getters: [name: string, get: () => unknown][] = []
  readonly #names: string[]

  constructor(object: object) {
    this.#object = object
    this.#names = Object.getOwnPropertyNames(object)
    for (const name of this.#names) {
      const { value, get } = Object.getOwnPropertyDescriptor(object, name)!
      if (get) this.#getters.push([name, get])
      else this.#values.push([name, value])
    }
  }

  changed(): string[] {
    const object = this.#object
    const changed: string[] = []
    const names = Object.getOwnPropertyNames(object)
    if (names.length > this.#names.length)
      changed.push(...names.filter((name) => !this.#names.includes(name)))
    for (const [name, value] of this.#values) {
      if (!Object.is((object as Record<string, unknown>)[name], value)) changed.push(name)
    }
    for (const [name, get] of this.#getters) {
      const now = Object.getOwnPropertyDescriptor(object, name)
      if (now?.get !== get && !Object.is(now?.value, get.call(object))) changed.push(name)
    }
    return changed
  }
}

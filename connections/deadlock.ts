// A transaction that Postgres ended to break a deadlock has done nothing wrong: it is begun again. Those
// who write the same rows write them in one order, so this is for what nobody thought of.

const DEADLOCK = '40P01'
const ATTEMPTS = 5

/** Runs `work`, which is one transaction, anew while it is the victim of deadlocks. */
export async function retryDeadlocks<T>(work: () => Promise<T>, attempts = ATTEMPTS): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt >= attempts || (error as { code?: unknown }).code !== DEADLOCK) throw error
    }
  }
}

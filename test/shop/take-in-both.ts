// The way of two sources through all layers, task by task, until nothing waits.

import { landTopic, loadMarts, loadVault } from './warehouse.ts'

export const TOPICS = ['user_events', 'order-service_orders']

export async function takeInBoth(
  options: Omit<NonNullable<Parameters<typeof loadVault>[0]>, 'topic'> = {},
): Promise<void> {
  for (const topic of TOPICS) await landTopic(50, topic)
  for (const topic of TOPICS) await loadVault({ ...options, topic })
  await loadWaiting()
}

/** Every batch that waits: each is of one source. */
export async function loadWaiting(options?: Parameters<typeof loadMarts>[0]): Promise<void> {
  while ((await loadMarts(options)).batchId !== null);
}

/** For so long a worker that is told to stop lets its tasks finish. What still runs then is given back. */
export const DRAIN_LIMIT_SECONDS = 30

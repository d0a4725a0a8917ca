import type { RetryOptions } from 'kafkajs'

/** For questions: a broker that is not there at all is said within 3 s. */
export const BRIEF: RetryOptions = { initialRetryTime: 100, retries: 5 }

/** For work in hand: about a minute, which the restart of a broker takes on a busy machine. */
export const PATIENT: RetryOptions = { initialRetryTime: 100, maxRetryTime: 4000, retries: 20 }

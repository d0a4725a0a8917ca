// What can be set about the synthetic shop. Shares are of one in the thing that they name.

export interface Shop {
  seed: string
  /** Messages, as a mean over a week: a shop is busier by day and at the weekend. */
  eventsPerMinute: number
  /** Milliseconds: until a day before this the shop grew, to what `eventsPerMinute` says. It had that
   * all along without it. */
  grownAt?: number
  products: number
  /** Users from before the first event. */
  founders: number
  /** Sessions of somebody who signs up in them. */
  signupShare: number
  /** Sessions that begin with a click on a campaign. */
  campaignShare: number
  /** Orders that are cancelled, orders whose last status comes a day later, and CLOSED orders that
   * are OPEN again, which nobody should believe. */
  cancelledShare: number
  nextDayShare: number
  reopenedShare: number
  /** Orders that name another cost than the sum of their lines, for a voucher say. */
  otherCostShare: number
  /** Sessions whose place or weather has to be looked up downstream. */
  withoutPlaceShare: number
  withoutWeatherShare: number
  /** Messages that are sent minutes, hours or days after they occurred. */
  lateShare: number
  /** Messages that are sent twice, byte for byte. */
  duplicateShare: number
  /** Messages after which a broken one is sent. */
  brokenShare: number
  /** Messages after which another one is sent with the same id. */
  conflictShare: number
}

export const DEFAULT_SHOP: Shop = {
  seed: 'terrace',
  eventsPerMinute: 120,
  products: 200,
  founders: 500,
  signupShare: 0.12,
  campaignShare: 0.12,
  cancelledShare: 0.08,
  nextDayShare: 0.04,
  reopenedShare: 0.01,
  otherCostShare: 0.02,
  withoutPlaceShare: 0.3,
  withoutWeatherShare: 0.3,
  lateShare: 0.01,
  duplicateShare: 0.01,
  brokenShare: 0.01,
  conflictShare: 0.0005,
}

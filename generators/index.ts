// The seeded synthetic shop. Pure: no clock, no I/O.

export { CAMPAIGNS, type Campaign, generateCampaignEvent } from './campaigns.ts'
export { createCatalogue, type Product } from './catalogue.ts'
export {
  type Envelope,
  generateEvent,
  PLATFORMS,
  type ShopEvent,
  type TimedEvent,
  type View,
} from './events.ts'
export { generateInterval } from './interval.ts'
export type { GeneratedMessage } from './messages.ts'
export { type Basket, generateOrder, type Line } from './orders.ts'
export { createRandom, type Random } from './random.ts'
export { DEFAULT_SHOP, type Shop } from './shop.ts'
export { generateUser, type UserProfile } from './users.ts'

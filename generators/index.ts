// The seeded synthetic shop. Pure: no clock, no I/O.

export { createCatalogue, type Product } from './catalogue.ts'
export { type Envelope, generateEvent, PLATFORMS, type ShopEvent, type View } from './events.ts'
export { DEFAULT_SHOP, type GeneratedMessage, generateInterval, type Shop } from './interval.ts'
export { generateUser, type UserProfile } from './users.ts'

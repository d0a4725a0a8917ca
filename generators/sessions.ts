// One visit to the shop, from the campaign that may have led to it to the last status of the order
// that it may end in. The funnel narrows: only what was viewed goes into the cart, only what is in
// the cart is bought. A visit takes less than half an hour.

import { CAMPAIGNS, type Campaign, generateCampaignEvent } from './campaigns.ts'
import { createMarkets, type Product, appealOf as productAppeal } from './catalogue.ts'
import { type Device, appealOf as deviceAppeal, drawDevice } from './devices.ts'
import type { ShopEvent, TimedEvent } from './events.ts'
import { CITIES, type City } from './offline/cities.ts'
import { cityWeather } from './offline/weather.ts'
import { generateOrder, type Line } from './orders.ts'
import { createRandom, type Random } from './random.ts'
import type { Shop } from './shop.ts'
import { generatePerson, type Person } from './users.ts'
import { pickWeighted } from './weighted.ts'

export interface Visit {
  random: Random
  /** What the visit's ids are made of. */
  hex: string
  /** When the first thing of it happens. */
  at: number
  userId: string
  isSignup: boolean
}

/** What all visits share. */
interface World {
  shop: Shop
  marketOf: (country: string) => Product[]
  appealOfCity: ReadonlyMap<City, number>
}

/** One visit, once it is known who comes from where. */
interface Stay extends World, Visit {
  sessionId: string
  campaign: Campaign | null
  person: Person
  city: City
  device: Device
  diary: Diary
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const LAST_LOOK = 20 * MINUTE
const REFERRERS = [
  null,
  null,
  'https://search.example/',
  'https://news.example/shopping',
  'https://forum.example/thread/7',
]
const NOWHERE = { city: null, country: null }
const WET = ['rain', 'snow', 'storm']

/** Prepares what all visits share: the assortment, and how well each city buys. */
export function createSessions(
  shop: Shop,
  catalogue: readonly Product[],
): (visit: Visit) => TimedEvent[] {
  const appeals = CITIES.map(
    (city) => [city, 0.4 + 1.2 * createRandom(shop.seed, 'appeal', city.city).next()] as const,
  )
  const world = { shop, marketOf: createMarkets(catalogue), appealOfCity: new Map(appeals) }
  return (visit) => drawVisit(world, visit)
}

function drawVisit(world: World, visit: Visit): TimedEvent[] {
  const { random, hex, at, userId, isSignup } = visit
  const person = generatePerson(world.shop.seed, userId)
  const stay: Stay = {
    ...world,
    ...visit,
    sessionId: `session-${hex.slice(0, 18)}`,
    person,
    city: random.chance(0.95) ? person.home : pickWeighted(random, CITIES),
    device: random.chance(0.85) ? person.device : drawDevice(random),
    campaign: random.chance(world.shop.campaignShare) ? pickWeighted(random, CAMPAIGNS) : null,
    diary: new Diary(at, userId),
  }
  const { diary, campaign, sessionId } = stay
  if (campaign !== null) followCampaign(stay, campaign)
  const mark = {
    session_id: sessionId,
    user_id: userId,
    campaign_id: campaign?.campaign_id ?? null,
    referrer: campaign === null ? random.pick(REFERRERS) : `https://${campaign.channel}.example/`,
  }
  diary.add({ type: 'session_start', payload: mark })
  // Gone before the page could say more.
  if (!isSignup && random.chance(0.06)) return diary.events
  introduce(stay)
  goShopping(stay)
  if (random.chance(0.9)) diary.add({ type: 'session_end', payload: mark })
  return diary.events
}

/** Others who see the campaign in the same minute and do not click, and somebody who does. */
function followCampaign({ random, at, userId, sessionId, diary }: Stay, campaign: Campaign): void {
  for (let left = random.between(0, 2 * campaign.impressionsPerClick); left > 0; left--) {
    diary.events.push({
      at: at + random.below(MINUTE),
      key: campaign.campaign_id,
      event: generateCampaignEvent(campaign, 'impression', null),
    })
  }
  diary.add(generateCampaignEvent(campaign, 'impression', { userId, sessionId: null }))
  diary.wait(2 + random.next() * 25)
  diary.add(generateCampaignEvent(campaign, 'click', { userId, sessionId }))
  diary.wait(1)
}

function introduce({
  random,
  shop,
  userId,
  sessionId,
  person,
  city,
  device,
  isSignup,
  diary,
}: Stay) {
  const ids = { user_id: userId, session_id: sessionId }
  const { platform, ...shown } = device
  diary.wait(0.3)
  diary.add({ type: 'user_device', payload: { ...ids, ...shown } })
  // Somewhere in the city, to about 10 m.
  const near = (degrees: number) => Math.round((degrees + (random.next() - 0.5) * 0.3) * 1e4) / 1e4
  const [lat, lon] = [near(city.latitude), near(city.longitude)]
  const place = random.chance(shop.withoutPlaceShare) ? NOWHERE : city
  const payload = { ...ids, lat, lon, city: place.city, country: place.country }
  diary.add({ type: 'user_location', payload })
  diary.wait(0.5)
  if (isSignup) diary.add({ type: 'signup', payload: person.profile })
  else if (random.chance(0.15)) diary.add({ type: 'user_profile', payload: person.profile })
}

function goShopping(stay: Stay): void {
  const { random, shop, at, hex, userId, sessionId, city, device, campaign, diary } = stay
  const outside = cityWeather(city, at)
  const weather = random.chance(shop.withoutWeatherShare)
    ? null
    : { condition: outside.condition, temperature_c: outside.temperatureC }
  const mood = stay.appealOfCity.get(city)! * deviceAppeal(device) * (campaign?.appeal ?? 1)
  const look: Look = (type, line) => {
    const ids = { session_id: sessionId, user_id: userId }
    diary.add({ type, payload: { ...ids, ...line, platform: device.platform, weather } })
  }
  const lines = fillCart(stay, mood, look)

  const indoors = WET.includes(outside.condition) ? 1.2 : 1
  if (lines.length === 0 || !random.chance(0.25 * mood * indoors)) return
  diary.wait(10 + random.next() * 80)
  for (const line of lines) look('purchase', line)
  const basket = {
    orderId: `order-${hex.slice(0, 18)}`,
    userId,
    sessionId,
    campaignId: campaign?.campaign_id ?? null,
    at: diary.time,
    lines,
  }
  diary.events.push(...generateOrder(random, shop, basket))
  if (campaign !== null) {
    diary.add(generateCampaignEvent(campaign, 'conversion', { userId, sessionId }))
  }
  diary.wait(3 + random.next() * 20)
}

type Look = (type: 'view' | 'cart' | 'purchase', line: Line) => void

function fillCart({ random, at, city, marketOf, diary }: Stay, mood: number, look: Look): Line[] {
  const market = marketOf(city.country)
  const lines: Line[] = []
  do {
    // A few products are looked at most.
    const product = market[Math.floor(random.next() ** 2 * market.length)]!
    look('view', { product, quantity: 1 })
    diary.wait(Math.min(180, 4 - 45 * Math.log(1 - random.next())))
    let readiness = 0.14 * mood * productAppeal(product)
    // Put into the cart again, a product becomes another line of the order.
    for (let left = 3; left > 0 && random.chance(readiness); left--) {
      const line = { product, quantity: random.chance(0.2) ? random.between(2, 5) : 1 }
      lines.push(line)
      look('cart', line)
      diary.wait(2 + random.next() * 20)
      readiness = 0.12
    }
  } while (diary.time - at < LAST_LOOK && random.chance(0.74))
  return lines
}

/** What the visitor does, one after the other. */
class Diary {
  readonly events: TimedEvent[] = []
  time: number
  readonly #userId: string

  constructor(at: number, userId: string) {
    this.time = at
    this.#userId = userId
  }

  add(event: ShopEvent): void {
    this.events.push({ at: this.time, key: this.#userId, event })
  }

  wait(seconds: number): void {
    this.time += Math.round(seconds * SECOND)
  }
}

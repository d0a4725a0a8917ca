// One visit to the shop, from the campaign that may have led to it to the last status of the order
// that it may end in. The funnel narrows: only what was viewed goes into the cart, only what is in
// the cart is bought. A visit takes less than half an hour.

import { CAMPAIGNS, type Campaign, generateCampaignEvent } from './campaigns.ts'
import { createMarkets, type Product, appealOf as productAppeal } from './catalogue.ts'
import { appealOf as deviceAppeal, drawDevice } from './devices.ts'
import type { ShopEvent, TimedEvent, View } from './events.ts'
import { CITIES, type City } from './offline/cities.ts'
import { cityWeather } from './offline/weather.ts'
import { generateOrder, type Line } from './orders.ts'
import { createRandom, type Random } from './random.ts'
import type { Shop } from './shop.ts'
import { generatePerson } from './users.ts'
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

type Draw = (visit: Visit) => TimedEvent[]

const SECOND = 1_000
const LONGEST_STAY = 25 * 60 * SECOND
const REFERRERS = [
  null,
  null,
  'https://search.example/',
  'https://news.example/shopping',
  'https://forum.example/thread/7',
]
const WET = ['rain', 'snow', 'storm']

/** Prepares what all visits share: the assortment, and how well each city buys. */
export function createSessions(shop: Shop, catalogue: readonly Product[]): Draw {
  const marketOf = createMarkets(catalogue)
  const appealOfCity = new Map(
    CITIES.map((city) => [city, 0.4 + 1.2 * createRandom(shop.seed, 'appeal', city.city).next()]),
  )
  return (visit) => drawVisit(shop, marketOf, appealOfCity, visit)
}

function drawVisit(
  shop: Shop,
  marketOf: (country: string) => Product[],
  appealOfCity: ReadonlyMap<City, number>,
  { random, hex, at, userId, isSignup }: Visit,
): TimedEvent[] {
  const person = generatePerson(shop.seed, userId)
  const sessionId = `session-${hex.slice(0, 18)}`
  const city = random.chance(0.95) ? person.home : pickWeighted(random, CITIES)
  const device = random.chance(0.85) ? person.device : drawDevice(random)
  const campaign = random.chance(shop.campaignShare) ? pickWeighted(random, CAMPAIGNS) : null
  const campaign_id = campaign?.campaign_id ?? null
  const events: TimedEvent[] = []
  let time = at
  const add = (event: ShopEvent, key = userId) => events.push({ at: time, key, event })
  const wait = (seconds: number) => {
    time += Math.round(seconds * SECOND)
  }

  if (campaign !== null) {
    events.push(...drawImpressions(random, campaign, at))
    add(generateCampaignEvent(campaign, 'impression', { userId, sessionId: null }))
    wait(2 + random.next() * 25)
    add(generateCampaignEvent(campaign, 'click', { userId, sessionId }))
    wait(1)
  }
  const mark = {
    session_id: sessionId,
    user_id: userId,
    campaign_id,
    referrer: campaign === null ? random.pick(REFERRERS) : `https://${campaign.channel}.example/`,
  }
  add({ type: 'session_start', payload: mark })
  if (!isSignup && random.chance(0.06)) return events

  wait(0.3)
  const { platform, ...shown } = device
  add({ type: 'user_device', payload: { user_id: userId, session_id: sessionId, ...shown } })
  add({ type: 'user_location', payload: drawLocation(random, shop, { sessionId, userId, city }) })
  wait(0.5)
  if (isSignup) add({ type: 'signup', payload: person.profile })
  else if (random.chance(0.15)) add({ type: 'user_profile', payload: person.profile })

  const outside = cityWeather(city, at)
  const weather = random.chance(shop.withoutWeatherShare)
    ? null
    : { condition: outside.condition, temperature_c: outside.temperatureC }
  const look = (type: 'view' | 'cart' | 'purchase', { product, quantity }: Line) => {
    const payload: View = {
      session_id: sessionId,
      user_id: userId,
      product,
      quantity,
      platform,
      weather,
    }
    add({ type, payload })
  }
  const mood = appealOfCity.get(city)! * deviceAppeal(device) * (campaign?.appeal ?? 1)
  const market = marketOf(city.country)
  const lines: Line[] = []
  do {
    const product = market[Math.floor(random.next() ** 2 * market.length)]!
    look('view', { product, quantity: 1 })
    wait(4 - 45 * Math.log(1 - random.next()))
    // Put into the cart twice, the same product becomes two lines of one order.
    for (let chance = 0.14 * mood * productAppeal(product); random.chance(chance); chance = 0.12) {
      const line = { product, quantity: random.chance(0.2) ? random.between(2, 5) : 1 }
      lines.push(line)
      look('cart', line)
      wait(2 + random.next() * 20)
    }
  } while (time - at < LONGEST_STAY && random.chance(0.74))

  const indoors = WET.includes(outside.condition) ? 1.2 : 1
  if (lines.length > 0 && random.chance(0.25 * mood * indoors)) {
    wait(10 + random.next() * 80)
    for (const line of lines) look('purchase', line)
    const orderId = `order-${hex.slice(0, 18)}`
    const basket = { orderId, userId, sessionId, campaignId: campaign_id, at: time, lines }
    events.push(...generateOrder(random, shop, basket))
    if (campaign !== null) add(generateCampaignEvent(campaign, 'conversion', { userId, sessionId }))
    wait(3 + random.next() * 20)
  }
  if (random.chance(0.9)) add({ type: 'session_end', payload: mark })
  return events
}

/** People who see the campaign in the same minute and do not click. */
function drawImpressions(random: Random, campaign: Campaign, at: number): TimedEvent[] {
  const count = random.between(0, 2 * campaign.impressionsPerClick)
  return Array.from({ length: count }, () => ({
    at: at + random.below(60 * SECOND),
    key: campaign.campaign_id,
    event: generateCampaignEvent(campaign, 'impression', null),
  }))
}

/** Somewhere in the city, to about 10 m. */
function drawLocation(
  random: Random,
  shop: Shop,
  { sessionId, userId, city }: { sessionId: string; userId: string; city: City },
) {
  const near = (degrees: number) => Math.round((degrees + (random.next() - 0.5) * 0.3) * 1e4) / 1e4
  const isKnown = !random.chance(shop.withoutPlaceShare)
  return {
    user_id: userId,
    session_id: sessionId,
    lat: near(city.latitude),
    lon: near(city.longitude),
    city: isKnown ? city.city : null,
    country: isKnown ? city.country : null,
  }
}

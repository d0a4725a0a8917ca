// Campaigns of the shop: somebody sees one (impression), some click, a click opens a session, and an
// order in that session is a conversion.

import type { CampaignEvent, ShopEvent } from './events.ts'

export interface Campaign {
  campaign_id: string
  name: string
  channel: string
  currency: string
  /** What the shop pays for each, in the campaign's currency. */
  costPerImpression: number
  costPerClick: number
  /** Seen by people who do not click, for each who does. */
  impressionsPerClick: number
  /** How readily its visitors buy, beside others. */
  appeal: number
  weight: number
}

export const CAMPAIGNS: readonly Campaign[] = [
  campaign(1, 'Brand search', 'search', 'EUR', { click: 0.35, seen: 6, appeal: 1.5, weight: 5 }),
  campaign(2, 'Generic search', 'search', 'EUR', { click: 0.8, seen: 9, appeal: 1, weight: 4 }),
  campaign(3, 'Bahar indirimi', 'social', 'TRY', { click: 6, view: 0.2, seen: 16, weight: 4 }),
  campaign(4, 'Vårens nyheter', 'social', 'SEK', { click: 5, view: 0.2, seen: 14, weight: 3 }),
  campaign(5, 'Weekly letter', 'email', 'EUR', { seen: 4, appeal: 1.8, weight: 4 }),
  campaign(6, 'Banner', 'display', 'USD', { view: 0.01, seen: 24, appeal: 0.4, weight: 2 }),
  campaign(7, 'Partner shops', 'affiliate', 'GBP', { click: 0.6, seen: 3, appeal: 1.2, weight: 2 }),
  campaign(8, '夏のセール', 'social', 'JPY', {
    click: 45,
    view: 1,
    seen: 15,
    appeal: 0.9,
    weight: 2,
  }),
]

interface Terms {
  click?: number
  view?: number
  seen: number
  appeal?: number
  weight: number
}

function campaign(
  number: number,
  name: string,
  channel: string,
  currency: string,
  { click = 0, view = 0, seen, appeal = 1, weight }: Terms,
): Campaign {
  return {
    campaign_id: `campaign-${number}`,
    name,
    channel,
    currency,
    costPerImpression: view,
    costPerClick: click,
    impressionsPerClick: seen,
    appeal,
    weight,
  }
}

/** `who` is null for somebody the shop does not know. */
export function generateCampaignEvent(
  { campaign_id, name, channel, currency, costPerImpression, costPerClick }: Campaign,
  action: CampaignEvent['action'],
  who: { userId: string; sessionId: string | null } | null,
): ShopEvent {
  const costs = { impression: costPerImpression, click: costPerClick, conversion: 0 }
  return {
    type: 'campaign_event',
    payload: {
      campaign_id,
      name,
      channel,
      action,
      cost: costs[action],
      currency,
      user_id: who?.userId ?? null,
      session_id: who?.sessionId ?? null,
    },
  }
}

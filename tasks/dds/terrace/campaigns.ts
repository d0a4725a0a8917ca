import type { EventKeys } from '../clean-event.ts'
import type { Fields } from '../fields.ts'

const ACTIONS = ['impression', 'click', 'conversion'] as const

export function readCampaignEvent(payload: Fields): EventKeys {
  payload.text('name')
  payload.text('channel', 200)
  payload.oneOf('action', ACTIONS)
  payload.price('cost', payload.currency('currency'))
  return {
    campaignId: payload.id('campaign_id'),
    userId: payload.optionalId('user_id'),
    sessionId: payload.optionalId('session_id'),
  }
}

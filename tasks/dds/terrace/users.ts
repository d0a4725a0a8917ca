// Who the user is, with which device and from where.

import type { EventKeys } from '../clean-event.ts'
import type { Fields } from '../fields.ts'

const DEVICE_TYPES = ['desktop', 'mobile', 'tablet'] as const

export function readProfile(payload: Fields): EventKeys {
  payload.optionalText('email', 320)
  payload.optionalText('name')
  payload.optionalText('gender', 40)
  payload.optionalText('language', 40)
  payload.optionalDate('birth_date')
  payload.optionalTime('registered_at')
  return { userId: payload.id('user_id') }
}

export function readDevice(payload: Fields): EventKeys {
  payload.oneOf('device_type', DEVICE_TYPES)
  payload.text('os', 200)
  payload.text('browser', 200)
  payload.optionalText('app_version', 200)
  return { userId: payload.id('user_id'), sessionId: payload.id('session_id') }
}

export function readLocation(payload: Fields): EventKeys {
  payload.degrees('lat', 90)
  payload.degrees('lon', 180)
  payload.optionalText('city', 200)
  payload.optionalCountry('country')
  return { userId: payload.id('user_id'), sessionId: payload.id('session_id') }
}

import { describe, expect, it } from 'vitest'
import { environmentNames, isSecretName } from '../../connections/environment.ts'
import { cutText, maskSecrets } from '../../orchestrator/worker/secrets.ts'

describe('secrets of the environment', () => {
  const mask = maskSecrets({
    POSITIONSTACK_KEY: 'k-12345',
    OPENEXCHANGERATES_APP_ID: 'app-12345',
    CURRENCY_API: 'api-12345',
    TELEGRAM_BOT_TOKEN: '77:abc"def',
    PGPASSWORD: 'pass+word',
    SESSION_SECRET_SALT: 'saltsalt',
    DATABASE_URL: 'postgres://me:p%40ss@host/db',
    A_KEY: 'x',
    HOME: '/home/me',
  })

  it('are hidden wherever they stand, in each form they take', () => {
    expect(mask('k-12345 saltsalt pass+word pass%2Bword')).toBe('*** *** *** ***')
    expect(mask('app-12345 api-12345')).toBe('*** ***')
    expect(mask(JSON.stringify({ token: '77:abc"def' }))).toBe('{"token":"***"}')
    expect(mask('p@ss and p%40ss')).toBe('*** and ***')
  })

  it('are of these names, in messages about the environment too', () => {
    expect(environmentNames.filter(isSecretName).toSorted()).toEqual([
      'CURRENCY_API',
      'KAFKA_SASL_PASSWORD',
      'METABASE_PASSWORD',
      'OPENEXCHANGERATES_APP_ID',
      'OPENWEATHER_KEY',
      'POSITIONSTACK_KEY',
      'TELEGRAM_BOT_TOKEN',
      'WEATHER_API_KEY',
    ])
  })

  it('include the password of any URL', () => {
    expect(mask('redis://:other@host and http://u:pw@h')).toBe(
      'redis://:***@host and http://u:***@h',
    )
  })

  it('are not values too short to tell from other text', () => {
    expect(mask('x marks /home/me')).toBe('x marks /home/me')
  })

  it('are masked before a line is cut, and a cut splits no character', () => {
    expect(cutText(mask('abc k-12345'), 7)).toBe('abc ***')
    expect(cutText('ab😀cd', 3)).toMatch(/^ab\ufffd… \[cut: 3 more characters\]$/)
  })
})

import { describe, expect, it } from 'vitest'
import { environmentNames, isSecretName } from '../../connections/environment.ts'
import { cutText, maskJson, maskSecrets } from '../../connections/mask-secrets.ts'

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

  describe('in forms of their own', () => {
    const key = ['-----BEGIN KEY-----', 'MIIEvQIBADANBgkq', 'hkiG9w0BAQEFAASC', '-----END KEY-----']
    const secrets = maskSecrets({
      MY_PRIVATE_KEY: key.join('\n'),
      ONE_LINE_KEY: 'first-line-of-it\\nsecond-line-of-it',
      DB_PASS: 'horse battery',
      SENTRY_DSN: 'https://abc@sentry.example/1',
      DSN_OF_SHOP: "host=db user=me password='it\\'s me' dbname=x",
      AZURE_SQL: 'Server=db;User=me;Pwd=staple-42;',
      CLOUD_CREDENTIALS: '{"id":"me","nested":{"private_key":"correct\\nhorse-staple"}}',
      LIVE_API: 'true',
      SOME_KEY: 'O"r\'n&äte/17',
    })

    it('are hidden line by line, as they are printed', () => {
      for (const line of [key[1], key[2], 'first-line-of-it', 'second-line-of-it']) {
        expect(secrets(`  ${line}`)).toBe('  ***')
      }
      expect(secrets(key.join('\n'))).not.toMatch(/MIIE|hkiG/)
      expect(secrets('first-line-of-it\nsecond-line-of-it')).toBe('***')
      expect(secrets('horse-staple')).toBe('***')
    })

    it('are hidden as URLs, forms, JSON in JSON, quotes and base64 write them', () => {
      const secret = 'O"r\'n&äte/17'
      for (const form of [
        encodeURIComponent(secret),
        encodeURIComponent(secret).replace(/%../g, (escaped) => escaped.toLowerCase()),
        new URLSearchParams({ a: secret }).toString().slice(2),
        JSON.stringify(JSON.stringify(secret)),
        secret.replace("'", "\\'"),
      ]) {
        expect(secrets(`<${form}>`)).not.toMatch(/te.*17/)
      }
      for (const before of ['', 'u', 'us', 'user:']) {
        const encoded = Buffer.from(`${before}horse battery!`).toString('base64')
        expect(secrets(`Basic ${encoded}`)).toMatch(/^Basic .{0,7}\*\*\*.{0,4}$/)
      }
    })

    it('are hidden in connection strings, whatever variable they are in', () => {
      expect(secrets("it's me")).toBe('***')
      expect(secrets('staple-42')).toBe('***')
      expect(secrets('https://abc@sentry.example/1')).toBe('***')
      expect(secrets("host=h password='a b' x=1, PGPASSWORD=abc ?password=x&y=1 Pwd=z;")).toBe(
        'host=h password=*** x=1, PGPASSWORD=*** ?password=***&y=1 Pwd=***;',
      )
      expect(secrets('PWD=/srv/shop is true')).toBe('PWD=/srv/shop is true')
    })

    it('are hidden to their end when a quote in them is doubled or has a backslash', () => {
      const mask = maskSecrets({
        DOUBLED: "host=db password='tick''s tock' user=me",
        BACKSLASH: "host=db password='quick\\'s lock' user=me",
      })
      for (const text of ["tick's tock", "tick''s tock", "tick\\'s tock", "quick's lock"]) {
        expect(mask(`<${text}>`)).toBe('<***>')
      }
      const none = maskSecrets({})
      for (const written of ["'tick''s tock'", "'tick\\'s tock'", '"tick""s tock"']) {
        expect(none(`host=db password=${written} user=me`)).toBe('host=db password=*** user=me')
      }
      expect(none("password='' user='me'")).toBe("password=*** user='me'")
    })

    it('are hidden in values that are shown', () => {
      expect(maskJson({ a: ['horse battery', 1, null], 'staple-42': {} }, secrets)).toEqual({
        a: ['***', 1, null],
        '***': {},
      })
    })

    it('are not shown in part when a long text is cut before it is masked', () => {
      const text = `${'x'.repeat(20)}horse bat`
      const before = { dropped: 4, longestSecret: 13 }
      expect(cutText(secrets(text), 100, before)).toBe(
        `${'x'.repeat(16)}… [cut: 17 more characters]`,
      )
    })

    it('take no more time than the length of the text, whatever it is', () => {
      const began = performance.now()
      secrets('a-b.'.repeat(100_000))
      secrets('password'.repeat(50_000))
      // The square of it would be minutes.
      expect(performance.now() - began).toBeLessThan(20_000)
    })
  })
})

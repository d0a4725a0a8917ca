// The environment, parsed once. No other module reads process.env for configuration, and every
// message about a bad value names the variable, what it held and what is allowed. A URL's password
// never appears in one.

import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { z } from 'zod'
import { kafkaVariables, missingKafkaVariables } from './event-log/kafka-options.ts'

const url = (...protocols: string[]) =>
  z
    .string()
    .refine((text) => protocols.includes(URL.parse(text)?.protocol.replace(':', '') ?? ''), {
      error: `must be a URL that starts with ${protocols.map((p) => `${p}://`).join(' or ')}`,
    })

const portMessage = 'must be a port, 0 to 65535 (0 takes a free one)'
const port = z.coerce
  .number({ error: portMessage })
  .int({ error: portMessage })
  .min(0, { error: portMessage })
  .max(65535, { error: portMessage })

/** Without `/` at its end: paths are put behind it. */
const baseUrl = url('http', 'https').transform((text) => text.replace(/\/+$/, ''))

/** The page and its API are served at the root of a host, and so are their links and cookies. */
const pageUrl = baseUrl.refine((text) => URL.parse(text)?.pathname === '/', {
  error:
    'must have no path: the page, its API and its cookies are at the root of a host. Give it a host name ' +
    'or a port of its own',
})

/** The marts have a database of their own name, made by the migrations. */
const martsUrl = url('http', 'https').refine(
  (text) => ['/', '/marts', '/marts/'].includes(URL.parse(text)?.pathname ?? '/'),
  {
    error:
      'must name no database, or marts: all statements are written for a database of that name. Give ' +
      'several installations a server or an account each',
  },
)

const callsMessage = 'must be a whole number of calls, 0 or more'
const calls = z.coerce
  .number({ error: callsMessage })
  .int({ error: callsMessage })
  .min(0, { error: callsMessage })
  .max(2_000_000_000, { error: callsMessage })

const hostList = z.string().transform((text, context) => {
  const hosts = text
    .split(',')
    .map((host) => host.trim())
    .filter(Boolean)
  if (hosts.length > 0 && hosts.every((host) => /^[^\s:/]+:\d{1,5}$/.test(host))) return hosts
  context.addIssue({ code: 'custom', message: 'must be host:port, several separated by commas' })
  return z.NEVER
})

const schema = z.object({
  TERRACE_HOME: z
    .string()
    .default('.terrace')
    .transform((path) => resolve(path)),
  TERRACE_DAGS_FOLDER: z
    .string()
    .default('dags')
    .transform((path) => resolve(path)),
  /** Name of the machine in leases and logs; the system's when empty. */
  TERRACE_HOSTNAME: z.string().optional(),
  DATABASE_URL: url('postgres', 'postgresql').optional(),
  WAREHOUSE_URL: url('postgres', 'postgresql').optional(),
  REDIS_URL: url('redis', 'rediss').optional(),
  KAFKA_BROKERS: hostList.optional(),
  ...kafkaVariables,
  CLICKHOUSE_URL: martsUrl.optional(),
  /** Unset: a free one that is kept from start to start, since 5432 is often the system's own. */
  TERRACE_POSTGRES_PORT: port.optional(),
  TERRACE_CLICKHOUSE_PORT: port.default(8123),
  TERRACE_WEB_PORT: port.default(8081),
  /** Ended runs are deleted after so many days. */
  TERRACE_RETENTION_DAYS: z.coerce
    .number({ error: 'must be a number of days, at least 1' })
    .min(1)
    .default(90),
  /** A process that has been silent for so long is given up, and its tasks go to others. */
  TERRACE_LEASE_SECONDS: z.coerce
    .number({ error: 'must be a number of seconds, 1 to 3600' })
    .min(1, { error: 'must be a number of seconds, 1 to 3600' })
    .max(3600, { error: 'must be a number of seconds, 1 to 3600' })
    .default(20),
  /** The past of a new shop: its last six hours are sent at once, the days before in the background. */
  SHOP_HISTORY_DAYS: z.coerce
    .number({ error: 'must be a number of days, 0 to 3660 (0: none)' })
    .min(0, { error: 'must be a number of days, 0 to 3660 (0: none)' })
    .max(3660, { error: 'must be a number of days, 0 to 3660 (0: none)' })
    .default(14),
  /** A folder of further sources: an adapter each, and sources.json with a row each. */
  SHOP_SOURCES: z
    .string()
    .transform((path) => resolve(path))
    .optional(),
  TERRACE_WEB_HOST: z.string().default('127.0.0.1'),
  /** Money in the marts is in this currency, at the rate of the day. */
  REPORTING_CURRENCY: z
    .string()
    .regex(/^[A-Z]{3}$/, { error: 'must be an ISO 4217 code such as EUR' })
    .default('EUR'),
  /** For `npm run metabase`: where Metabase is, and its administrator. */
  METABASE_URL: url('http', 'https').default('http://127.0.0.1:3000'),
  METABASE_EMAIL: z.email({ error: 'must be an e-mail address' }).optional(),
  METABASE_PASSWORD: z.string().optional(),
  /** The marts as Metabase reaches them; where this process finds them when empty. */
  METABASE_CLICKHOUSE_URL: url('http', 'https').optional(),
  /** Cities, rates and weather from outer APIs; without its key each answers offline. */
  POSITIONSTACK_KEY: z.string().optional(),
  OPENEXCHANGERATES_APP_ID: z.string().optional(),
  OPENWEATHER_KEY: z.string().optional(),
  /** Other names of the two above. */
  CURRENCY_API: z.string().optional(),
  WEATHER_API_KEY: z.string().optional(),
  POSITIONSTACK_URL: baseUrl.default('https://api.positionstack.com'),
  OPENEXCHANGERATES_URL: baseUrl.default('https://openexchangerates.org'),
  OPENWEATHER_URL: baseUrl.default('https://api.openweathermap.org'),
  /** What the plan allows; the defaults are those of the free plans. */
  POSITIONSTACK_MONTHLY_CALLS: calls.default(100),
  OPENEXCHANGERATES_MONTHLY_CALLS: calls.default(1_000),
  OPENWEATHER_MONTHLY_CALLS: calls.default(1_000_000),
  OPENWEATHER_CALLS_PER_MINUTE: calls.min(1, { error: 'must be 1 or more' }).default(60),
  /** A call to one of them ends after so long, whatever it has sent by then. */
  OUTER_API_TIMEOUT_SECONDS: z.coerce
    .number({ error: 'must be a number of seconds, 0.1 to 120' })
    .min(0.1, { error: 'must be a number of seconds, 0.1 to 120' })
    .max(120, { error: 'must be a number of seconds, 0.1 to 120' })
    .default(10),
  /** Alerts go to this bot's chat; without them they stand in the log and on the page alone. */
  TELEGRAM_BOT_TOKEN: z
    .string()
    .regex(/^\d+:[A-Za-z0-9_-]+$/, {
      error: 'must be a token as @BotFather gives it, such as 123456789:AbC_dEf-123',
    })
    .optional(),
  TELEGRAM_CHAT_ID: z
    .string()
    .regex(/^(-?\d+|@[A-Za-z]\w+)$/, {
      error: 'must be the number of a chat (a group has a negative one) or @name of a channel',
    })
    .optional(),
  /** A topic of that group: the number that its messages have as `message_thread_id`. */
  TELEGRAM_THREAD_ID: z.coerce
    .number({ error: 'must be the number of a topic, such as 7' })
    .int({ error: 'must be the number of a topic, such as 7' })
    .positive({ error: 'must be the number of a topic, such as 7' })
    .optional(),
  TELEGRAM_API_URL: baseUrl.default('https://api.telegram.org'),
  /** Where people reach the page, for links in alerts; the address of the web server when empty. */
  TERRACE_PAGE_URL: pageUrl.optional(),
})

const settings = schema.superRefine((env, context) => {
  for (const [name, message] of missingKafkaVariables(env)) {
    context.addIssue({ code: 'custom', path: [name], message })
  }
  const pair = ['TELEGRAM_BOT_TOKEN', 'TELEGRAM_CHAT_ID'] as const
  const missing = pair.filter((name) => env[name] === undefined)
  if (missing.length !== 1) return
  const other = pair.find((name) => name !== missing[0])
  const message = `is not set, and ${other} is: alerts need both. Set it, or unset the other`
  context.addIssue({ code: 'custom', path: missing, message })
})

/** Every variable that is read. */
export const environmentNames: readonly string[] = Object.keys(schema.shape)

/** Settings of this process; optional engine variables that are unset are `undefined`. */
export type Environment = z.infer<typeof schema>

/** Whether the value of a variable of that name must not be shown, be it ours or a project's. */
export function isSecretName(name: string): boolean {
  return (
    /(^|_|API)KEYS?$|(^|_)(TOKENS?|APP_ID|API|PASS|PASSWD|PWD|PASSPHRASE|DSN|CREDENTIALS?|AUTH)$|PASSWORDS?$|DBPASS$|SECRET/i.test(
      name,
    ) && !/^(OLD)?PWD$/.test(name)
  )
}

/** All of the environment as text, with `.env` of the working directory below it. */
export function environmentTexts(source: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const file = existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {}
  return { ...file, ...source }
}

export class EnvironmentError extends Error {
  override name = 'EnvironmentError'
}

/**
 * Parses the environment, with `.env` of the working directory below it (a set variable wins).
 * Empty values count as unset, so that a compose file may pass a variable on unconditionally.
 *
 * @throws EnvironmentError that names every bad variable, its value and what is allowed.
 */
export function loadEnvironment(source: NodeJS.ProcessEnv = process.env): Environment {
  const merged = Object.fromEntries(
    Object.entries(environmentTexts(source)).filter(
      ([, value]) => value !== undefined && value !== '',
    ),
  )
  const result = settings.safeParse(merged)
  if (result.success) return result.data
  const lines = result.error.issues.map((issue) => {
    const name = String(issue.path[0])
    const value = isSecretName(name) && merged[name] ? '***' : String(merged[name] ?? '')
    return `  ${name}=${withoutPassword(value)}: ${issue.message}`
  })
  throw new EnvironmentError(`The environment has values that cannot be used:\n${lines.join('\n')}`)
}

// The length of the scheme is bounded: text such as `a-b-c-…` would take the square of its length.
const IN_URL = /(\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s:/@]*:)[^\s@/]*@/gi
// libpq's `host=… password=…`, JDBC's `?password=…`, PGPASSWORD=… and their like.
const AS_SETTING =
  /(password|passwd|passphrase|_pass|pwd)(\s{0,3}=\s{0,3})(?:'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|[^\s'"&;,)\]}]+)/gi

/** Text with every password of a URL or a connection string replaced, fit for a message or a log. */
export function withoutPassword(text: string): string {
  const ofUrls = text.includes('://') ? text.replace(IN_URL, '$1***@') : text
  if (!ofUrls.includes('=')) return ofUrls
  return ofUrls.replace(AS_SETTING, (whole: string, name: string, equals: string, at: number) =>
    // The shell's own, which is a folder.
    name === 'PWD' && /(?:^|\W)(?:OLD)?$/.test(ofUrls.slice(Math.max(0, at - 4), at))
      ? whole
      : `${name}${equals}***`,
  )
}

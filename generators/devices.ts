// Devices that people visit the shop with.

import type { Platform, UserDevice } from './events.ts'
import type { Random } from './random.ts'

export type Device = Pick<UserDevice, 'device_type' | 'os' | 'browser' | 'app_version'> & {
  platform: Platform
}

const SYSTEMS = {
  desktop: ['Windows', 'Windows', 'macOS', 'Linux'],
  mobile: ['Android', 'Android', 'iOS'],
  tablet: ['iPadOS', 'Android'],
} as const
const BROWSERS: Record<string, readonly string[]> = {
  Windows: ['Chrome', 'Edge', 'Firefox'],
  macOS: ['Safari', 'Chrome'],
  Linux: ['Firefox', 'Chrome'],
  Android: ['Chrome', 'Samsung Internet'],
  iOS: ['Safari'],
  iPadOS: ['Safari'],
}
const APP_VERSIONS = ['4.9.0', '5.0.2', '5.1.0', '5.1.0']
/** How readily people buy: small screens are for looking. */
const APPEAL = { desktop: 1.3, mobile: 0.8, tablet: 1 }

export function drawDevice(random: Random): Device {
  const kind = random.next()
  const device_type = kind < 0.55 ? 'mobile' : kind < 0.92 ? 'desktop' : 'tablet'
  const os = random.pick<string>(SYSTEMS[device_type])
  const isApp = device_type !== 'desktop' && random.chance(0.5)
  return {
    device_type,
    os,
    browser: isApp ? 'WebView' : random.pick(BROWSERS[os]!),
    app_version: isApp ? random.pick(APP_VERSIONS) : null,
    platform: isApp ? 'mobile-app' : device_type === 'desktop' ? 'desktop' : 'mobile-web',
  }
}

export function appealOf({ device_type }: Device): number {
  return APPEAL[device_type]
}

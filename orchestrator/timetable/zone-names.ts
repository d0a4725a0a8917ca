// Which names of time zones are taken: those of the IANA database. ICU, which Node asks, knows more of
// them, left from old versions of Java, and they surprise: `BST` is Dhaka, `AST` is Alaska, `ACT` is
// Darwin. Node lists the canonical zones alone, without the links (`US/Eastern`, `Asia/Calcutta` or
// `Asia/Kolkata`, whichever is the link), so the rule is the form of the name: a place in one of IANA's
// areas, or one of its names without an area. Whether such a zone exists is ICU's answer, so that a
// newer Node brings newer zones.

import { closestNames } from '../closest-names.ts'

const AREAS = new Set(
  (
    'Africa America Antarctica Arctic Asia Atlantic Australia Brazil Canada Chile Etc Europe Indian ' +
    'Mexico Pacific US'
  )
    .toLowerCase()
    .split(' '),
)

const WITHOUT_AREA = new Set(
  (
    'CET CST6CDT Cuba EET Egypt Eire EST EST5EDT GB GB-Eire GMT GMT+0 GMT-0 GMT0 Greenwich Hongkong HST ' +
    'Iceland Iran Israel Jamaica Japan Kwajalein Libya MET MST MST7MDT Navajo NZ NZ-CHAT Poland Portugal ' +
    'PRC PST8PDT ROC ROK Singapore Turkey UCT Universal UTC W-SU WET Zulu'
  )
    .toLowerCase()
    .split(' '),
)

/** In an area of IANA's, and no name of its database, or not a zone. */
const ICU_ALONE = new Set(['etc/unknown', 'us/pacific-new', 'canada/east-saskatchewan'])

/** What people mean by abbreviations that IANA does not have; some mean several zones. */
const MEANT: Record<string, string[]> = {
  ACST: ['Australia/Darwin', 'Australia/Adelaide'],
  ACT: ['Australia/Sydney', 'America/Rio_Branco'],
  AEDT: ['Australia/Sydney'],
  AEST: ['Australia/Sydney', 'Australia/Brisbane'],
  AET: ['Australia/Sydney'],
  AST: ['America/Halifax', 'Asia/Riyadh'],
  AWST: ['Australia/Perth'],
  BRT: ['America/Sao_Paulo'],
  BST: ['Europe/London', 'Asia/Dhaka'],
  CAT: ['Africa/Maputo'],
  CDT: ['America/Chicago'],
  CEST: ['Europe/Berlin', 'Europe/Stockholm'],
  CST: ['America/Chicago', 'Asia/Shanghai'],
  CTT: ['Asia/Shanghai'],
  EAT: ['Africa/Nairobi'],
  ECT: ['Europe/Paris', 'America/Guayaquil'],
  EDT: ['America/New_York'],
  EEST: ['Europe/Athens', 'Europe/Kyiv'],
  EST5: ['EST', 'America/New_York'],
  GST: ['Asia/Dubai'],
  HKT: ['Asia/Hong_Kong'],
  IET: ['America/Indiana/Indianapolis'],
  IST: ['Asia/Kolkata', 'Europe/Dublin', 'Asia/Jerusalem'],
  JST: ['Asia/Tokyo'],
  KST: ['Asia/Seoul'],
  MDT: ['America/Denver'],
  MSK: ['Europe/Moscow'],
  NST: ['America/St_Johns', 'Pacific/Auckland'],
  NZST: ['Pacific/Auckland'],
  PDT: ['America/Los_Angeles'],
  PKT: ['Asia/Karachi'],
  PNT: ['America/Phoenix'],
  PST: ['America/Los_Angeles', 'Asia/Manila'],
  SGT: ['Asia/Singapore'],
  SST: ['Pacific/Pago_Pago', 'Asia/Singapore'],
  TRT: ['Europe/Istanbul'],
  Z: ['UTC'],
}

/** Whether the name has the form of IANA's; upper and lower case are the same, as for ICU. */
export function isIanaForm(timezone: string): boolean {
  const name = timezone.toLowerCase()
  const slash = name.indexOf('/')
  if (slash < 0) return WITHOUT_AREA.has(name)
  return AREAS.has(name.slice(0, slash)) && !ICU_ALONE.has(name)
}

/** Zones that were probably meant; none when nothing is near. */
export function likelyZones(wanted: string): string[] {
  const meant = MEANT[wanted.toUpperCase()]
  if (meant) return meant
  const offset = /^(?:UTC|GMT|Etc\/UTC|Etc\/GMT)?([+-])0?(\d{1,2})(?::?00)?$/i.exec(wanted)
  if (offset && Number(offset[2]) <= 12) return [fixedZone(offset[1]!, Number(offset[2]))]
  const place = placeOf(wanted)
  const zones = Intl.supportedValuesOf('timeZone')
  const same = zones.filter((zone) => placeOf(zone) === place)
  return same.length > 0 ? same : closestNames(wanted, zones)
}

/** IANA counts west of Greenwich: `Etc/GMT-3` is what others write as UTC+3. */
function fixedZone(sign: string, hours: number): string {
  if (hours === 0) return 'UTC'
  return `Etc/GMT${sign === '+' ? '-' : '+'}${hours}`
}

/** `America/Argentina/Buenos_Aires` and `buenos aires` are the same place. */
function placeOf(zone: string): string {
  return zone.split('/').at(-1)!.toLowerCase().replaceAll(' ', '_')
}

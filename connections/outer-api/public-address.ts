// A resolver for hosts that are out in the world: a name that leads into a private network, by a wrong
// or a hostile DNS, is not called.

import { lookup } from 'node:dns/promises'
import { BlockList } from 'node:net'

export const PRIVATE_ADDRESS = 'PRIVATE_ADDRESS'

const ranges = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  ranges.addSubnet(network, bits, 'ipv4')
  // As IPv6 writes them, too.
  ranges.addSubnet(`::ffff:${network}`, 96 + bits, 'ipv6')
}
ranges.addAddress('::', 'ipv6')
ranges.addAddress('::1', 'ipv6')
ranges.addSubnet('fc00::', 7, 'ipv6')
ranges.addSubnet('fe80::', 10, 'ipv6')

export function isPrivate(address: string): boolean {
  return ranges.check(address, address.includes(':') ? 'ipv6' : 'ipv4')
}

/** All addresses of the host. @throws with code PRIVATE_ADDRESS when one of them is private */
export async function lookUpPublic(host: string): Promise<[{ address: string; family: 4 | 6 }[]]> {
  const found = await lookup(host, { all: true })
  if (found.some(({ address }) => isPrivate(address))) {
    throw Object.assign(new Error('private address'), { code: PRIVATE_ADDRESS })
  }
  return [found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))]
}

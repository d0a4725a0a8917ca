// XXH32 with seed 0, fed in parts: the checksum of LZ4 frames.

const [prime1, prime2, prime3, prime4, prime5] = [
  0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1,
]

const rotated = (value: number, bits: number) => (value << bits) | (value >>> (32 - bits))
const round = (lane: number, word: number) =>
  Math.imul(rotated((lane + Math.imul(word, prime2)) | 0, 13), prime1)

export class XxHash32 {
  readonly #lanes = [(prime1 + prime2) | 0, prime2, 0, -prime1 | 0]
  #pending: Buffer = Buffer.alloc(0)
  #total = 0

  update(part: Buffer): void {
    this.#total += part.length
    const bytes = this.#pending.length === 0 ? part : Buffer.concat([this.#pending, part])
    let at = 0
    for (; at + 16 <= bytes.length; at += 16) {
      for (let lane = 0; lane < 4; lane += 1) {
        this.#lanes[lane] = round(this.#lanes[lane]!, bytes.readInt32LE(at + lane * 4))
      }
    }
    this.#pending = Buffer.from(bytes.subarray(at))
  }

  /** Unsigned. */
  digest(): number {
    const [a, b, c, d] = this.#lanes as [number, number, number, number]
    let hash =
      this.#total >= 16
        ? (rotated(a, 1) + rotated(b, 7) + rotated(c, 12) + rotated(d, 18)) | 0
        : prime5
    hash = (hash + this.#total) | 0
    const rest = this.#pending
    let at = 0
    for (; at + 4 <= rest.length; at += 4) {
      hash = Math.imul(rotated((hash + Math.imul(rest.readInt32LE(at), prime3)) | 0, 17), prime4)
    }
    for (; at < rest.length; at += 1) {
      hash = Math.imul(rotated((hash + Math.imul(rest[at]!, prime5)) | 0, 11), prime1)
    }
    hash = Math.imul(hash ^ (hash >>> 15), prime2)
    hash = Math.imul(hash ^ (hash >>> 13), prime3)
    return (hash ^ (hash >>> 16)) >>> 0
  }
}

// Sums of decimal numbers without rounding, as text. 0.1 + 0.2 is 0.3 here, and 1e2 is 100.

export class ExactSum {
  private digits = 0n
  private scale = 0

  /** Adds the product of the numbers, each as JSON or Python writes it. */
  add(...factors: string[]): this {
    let digits = 1n
    let scale = 0
    for (const factor of factors) {
      const [mantissa = '', exponent = '0'] = factor.toLowerCase().split('e')
      const [whole = '', fraction = ''] = mantissa.split('.')
      digits *= BigInt(whole + fraction)
      scale += fraction.length - Number(exponent)
    }
    if (scale < 0) {
      digits *= 10n ** BigInt(-scale)
      scale = 0
    }
    const common = Math.max(scale, this.scale)
    this.digits =
      this.digits * 10n ** BigInt(common - this.scale) + digits * 10n ** BigInt(common - scale)
    this.scale = common
    return this
  }

  /** Without zeros at the end of the fraction. */
  toString(): string {
    const sign = this.digits < 0n ? '-' : ''
    const text = String(this.digits)
      .replace('-', '')
      .padStart(this.scale + 1, '0')
    const point = text.length - this.scale
    const fraction = text.slice(point).replace(/0+$/, '')
    return `${sign}${text.slice(0, point)}${fraction && `.${fraction}`}`
  }
}

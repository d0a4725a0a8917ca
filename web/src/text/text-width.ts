// How wide a text is on the screen, for layouts that must know before it is drawn.

let context: CanvasRenderingContext2D | null | undefined

/** Pixels, in the font of the page. @param rem size of the font */
export function textWidth(text: string, rem: number): number {
  context ??= document.createElement('canvas').getContext('2d')
  if (!context) return text.length * 9
  const { fontFamily, fontSize } = getComputedStyle(document.documentElement)
  const { fontFamily: ofBody } = getComputedStyle(document.body)
  context.font = `${Number.parseFloat(fontSize) * rem}px ${ofBody || fontFamily}`
  return context.measureText(text).width
}

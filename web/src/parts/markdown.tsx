import ToJsx from 'markdown-to-jsx/react'

/** Text that authors write, as Markdown. HTML in it stays text, and links lead to the web alone. */
export default function Markdown({ text }: { text: string }) {
  return (
    <div className="markdown">
      <ToJsx options={{ disableParsingRawHTML: true, forceBlock: true }}>{text}</ToJsx>
    </div>
  )
}

import { useState } from 'react'
import { applyTheme, storedTheme, THEMES } from './theme.ts'

const SIGNS = { system: '◐', light: '☀', dark: '☾' }

export function ThemeSwitch() {
  const [theme, setTheme] = useState(storedTheme)
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!

  function change(): void {
    applyTheme(next)
    setTheme(next)
  }

  return (
    <button
      type="button"
      className="icon-button"
      onClick={change}
      aria-label={`Theme: ${theme}. Change to ${next}`}
      title={`Theme: ${theme}`}
    >
      <span aria-hidden="true">{SIGNS[theme]}</span>
    </button>
  )
}

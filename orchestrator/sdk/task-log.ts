import type { LogLevel, TaskLog } from './task-context.ts'

/** A log whose lines go to `write`. */
export function taskLog(
  write: (level: LogLevel, message: string, fields?: Record<string, unknown>) => void,
): TaskLog {
  const at = (level: LogLevel) => (message: string, fields?: Record<string, unknown>) =>
    write(level, message, fields)
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warning'),
    warning: at('warning'),
    error: at('error'),
  }
}

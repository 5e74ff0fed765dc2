/** What the error of a driver says of the connection that it came from. */

/** Whether the server itself said no and keeps the session. Anything else leaves a connection in doubt. */
export function isAnswer(error: unknown): boolean {
  const { code, severity } = codesOf(error)
  if (typeof code !== 'string' || typeof severity !== 'string') return false
  return !/^FATAL|PANIC$/.test(severity) && !/^(08|57P0|25P03|25P04)/.test(code)
}

/** Whether the server has ended the session: by an administrator, by a crash, or by the limit of idle time. */
export function isSessionEnded(error: unknown): boolean {
  const { code } = codesOf(error)
  return typeof code === 'string' && /^(57P01|57P02|57P05|25P03|25P04)$/.test(code)
}

/** Whether a pool would not wait any longer for a connection. Neither pg nor Knex gives that error a code. */
export function isTimeout(error: unknown): error is Error {
  return error instanceof Error && /^timeout exceeded|Timeout acquiring/.test(error.message)
}

function codesOf(error: unknown): { readonly code?: unknown; readonly severity?: unknown } {
  return Object(error) as object
}

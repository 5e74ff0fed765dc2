const LONGEST = 120

/** A value as messages show it: short, whatever it is. */
export function show(value: unknown): string {
  switch (typeof value) {
    case 'bigint':
      return `${value}n`
    case 'function':
      return 'a function'
    case 'object':
      return value instanceof Date ? 'a Date' : cut(json(value))
    case 'string':
      return cut(JSON.stringify(value))
    default:
      return String(value)
  }
}

function json(value: unknown): string {
  try {
    return String(JSON.stringify(value))
  } catch {
    return 'an object that is no JSON'
  }
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}

import { isPlainObject } from '../event/plain.ts'

const LONGEST = 120

/** A value as messages show it: short, whatever it is. */
export function show(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  const isLong = ['string', 'object', 'function'].includes(typeof value)
  return isLong ? cut(json(value)) : String(value)
}

/** The beginning of a text that is too long for a message. */
export function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}

function json(value: unknown): string {
  if (value instanceof Object && !Array.isArray(value) && !isPlainObject(value)) {
    return `an instance of ${value.constructor?.name}`
  }
  try {
    return String(JSON.stringify(value))
  } catch {
    return 'an object that is no JSON'
  }
}

import { refuse } from '../store/check-value.ts'
import type { AggregatePK, EventSK } from './types.ts'

const DIGITS = 9

export function aggregatePk(type: string, id: string): AggregatePK {
  return `AGG#${escaped(type)}#${escaped(id)}`
}

export function eventSk(version: number): EventSK {
  return `EVT#${String(version).padStart(DIGITS, '0')}`
}

/** The version that the cursor of a page names: the last one on it. */
export function versionOfCursor(cursor: unknown): number {
  const [, digits] = /^EVT#(\d{9,16})$/u.exec(String(cursor)) ?? []
  const version = Number(digits)
  if (typeof cursor === 'string' && Number.isSafeInteger(version)) return version
  return refuse(['listEvents', 'cursor'], 'the cursor of a page', cursor)
}

function escaped(part: string): string {
  return part.replaceAll('%', '%25').replaceAll('#', '%23')
}

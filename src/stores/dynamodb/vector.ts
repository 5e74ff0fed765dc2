import { isObject, refuse } from '../../store/check-value.ts'
import type { Cursor } from '../../store/stream.ts'
import { isAt, type At } from './clock.ts'

/** The newest place of a partition that a reader has seen: `''` where there was none. */
export interface Seen {
  readonly at: At
  /**
   * How many events the partition then had, where that is known: by it a reader notices that an answer is
   * older than the head. Of an aggregate it is the version, and always known.
   */
  readonly count: number | undefined
  /** Of a head: the newest places of its event types. */
  readonly places?: readonly At[]
}

/** What a cursor of this store says: for each partition what was seen. */
export type Vector = ReadonlyMap<string, Seen>

export const NOTHING: Seen = { at: '', count: 0 }

/** As JSON, the partitions in order: equal vectors are the same text. */
export function formatVector(vector: Vector): Cursor {
  const entries = [...vector].map(([pk, { at, count }]): [string, string] => [
    pk,
    count ? `${at}@${count}` : at,
  ])
  return JSON.stringify(Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))))
}

/** Throws `INVALID_ARGUMENT` where the text is no cursor of this store. */
export function parseVector(cursor: Cursor): Vector {
  const vector = new Map<string, Seen>()
  for (const [pk, text] of Object.entries(parsed(cursor))) {
    const [, at = '', digits] = /^([0-9A-Z]{26})(?:@([1-9]\d{0,14}))?$/u.exec(String(text)) ?? []
    const isSeen = text === '' || isAt(at)
    if (!isSeen || !/^(?:KEY|AGG)#/u.test(pk)) return refuseCursor(cursor)
    const count = digits === undefined ? undefined : Number(digits)
    vector.set(pk, text === '' ? NOTHING : { at, count })
  }
  return vector
}

/**
 * Whether what was written has seen more than what is stored, as much, or in any partition less. One
 * that says nothing of a partition has not seen it, unless it names others instead: a stream with two
 * identifiers is read in whichever is smaller by then. An event has one place in all its partitions, and
 * within each they rise, so that they compare.
 */
export function compareVectors(written: Vector, stored: Vector): 'newer' | 'same' | 'older' {
  const instead = [...written].flatMap(([pk, { at }]) => (stored.has(pk) ? [] : [at]))
  const least = instead.reduce<At | undefined>(
    (a, b) => (a === undefined || b < a ? b : a),
    undefined,
  )
  let isNewer = instead.length > 0 && [...stored.keys()].every((pk) => written.has(pk))
  for (const [pk, { at }] of stored) {
    const seen = written.get(pk)?.at ?? least
    if (seen === undefined || seen < at) return 'older'
    isNewer ||= seen > at
  }
  return isNewer ? 'newer' : 'same'
}

function parsed(cursor: Cursor): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(cursor)
    if (isObject(value) && !Array.isArray(value)) return value
  } catch {
    // It is refused below.
  }
  return refuseCursor(cursor)
}

function refuseCursor(cursor: Cursor): never {
  return refuse(['cursor'], 'a cursor of this store', cursor)
}

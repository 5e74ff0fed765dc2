import { shortText } from '../../sql/short-text.ts'

/**
 * What the index is asked for: the key of an identifier, or a type. A key that is not hashed holds a
 * `=`; a type never does here, so that the two cannot meet.
 */
export function typeTerm(type: string): string {
  return `type:${/[=%]/u.test(type) ? encodeURIComponent(type) : type}`
}

export function keyTerm(key: string): string {
  return shortText(key)
}

/**
 * A longer row would take a page of its own: SQLite keeps about a thousand bytes of a row within the
 * pages of the index.
 */
const ROW_CHARACTERS = 900
const PART_POSITIONS = 96

/** What is filed under a term. */
export interface Part {
  readonly term: string
  readonly first: number
  readonly positions: string
  /** It is added to the last row of the term, if that is not longer than this. */
  readonly room: number
}

/** Cuts what is to be filed under a term into parts that each fit into a row. */
export function partsOf(
  term: string,
  positions: readonly number[],
  typeAt: (position: number) => string,
): readonly Part[] {
  const parts: Part[] = []
  for (let start = 0; start < positions.length; start += PART_POSITIONS) {
    const part = positions.slice(start, start + PART_POSITIONS)
    const text = encodePositions(part, typeAt)
    parts.push({
      term,
      first: part[0] as number,
      positions: text,
      room: ROW_CHARACTERS - text.length,
    })
  }
  return parts
}

/** Positions of one term as text: `{"ITEM_ADDED":[7,12],"ITEM_REMOVED":[9]}`. */
function encodePositions(
  positions: readonly number[],
  typeAt: (position: number) => string,
): string {
  const byType = new Map<string, number[]>()
  for (const position of positions) {
    const type = typeAt(position)
    const list = byType.get(type)
    if (list) list.push(position)
    else byType.set(type, [position])
  }
  const entries = [...byType].map(([type, list]) => `${JSON.stringify(type)}:[${list.join(',')}]`)
  return `{${entries.join(',')}}`
}

/** What some rows hold. */
export interface Decoded {
  readonly rows: number
  /** Those of the types asked for, in order. */
  readonly positions: readonly number[]
  /** How many there are of all types. */
  readonly total: number
  /** The bounds of all types. */
  readonly first: number
  readonly last: number
}

type Parts = readonly Readonly<Record<string, readonly number[]>>[]

/** Reads some rows, each in brackets, with commas in between. */
export function decodePositions(texts: string, types: ReadonlySet<string> | undefined): Decoded {
  const rows = JSON.parse(`[${texts}]`) as readonly Parts[]
  const positions: number[] = []
  let total = 0
  let first = Infinity
  let last = 0
  for (const row of rows) {
    for (const part of row) {
      for (const type of Object.keys(part)) {
        const list = part[type] as readonly number[]
        total += list.length
        first = Math.min(first, list[0] as number)
        last = Math.max(last, list.at(-1) as number)
        if (types === undefined || types.has(type)) positions.push(...list)
      }
    }
  }
  return { rows: rows.length, positions: positions.sort((a, b) => a - b), total, first, last }
}

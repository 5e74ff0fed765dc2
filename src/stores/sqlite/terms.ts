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

/** The most positions of one row of the index. */
const ROW_POSITIONS = 256

/** The rows of the index that file some positions under a term. The same positions make the same rows. */
export function rowsOf(
  term: string,
  positions: readonly number[],
  typeAt: (position: number) => string,
): (readonly [term: string, last: number, positions: string])[] {
  const rows: (readonly [string, number, string])[] = []
  for (let start = 0; start < positions.length; start += ROW_POSITIONS) {
    const part = positions.slice(start, start + ROW_POSITIONS)
    rows.push([term, part.at(-1) as number, encodePositions(part, typeAt)])
  }
  return rows
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

/** Reads the texts of some rows, with commas in between. */
export function decodePositions(texts: string, types: ReadonlySet<string> | undefined): Decoded {
  const rows = JSON.parse(`[${texts}]`) as readonly Readonly<Record<string, readonly number[]>>[]
  const positions: number[] = []
  let total = 0
  let first = Infinity
  let last = 0
  for (const row of rows) {
    for (const type of Object.keys(row)) {
      const list = row[type] as readonly number[]
      total += list.length
      first = Math.min(first, list[0] as number)
      last = Math.max(last, list.at(-1) as number)
      if (types === undefined || types.has(type)) positions.push(...list)
    }
  }
  return { rows: rows.length, positions: positions.sort((a, b) => a - b), total, first, last }
}

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
export const ROW_POSITIONS = 256

/** Positions of one term as text: `{"ITEM_ADDED":[7,12],"ITEM_REMOVED":[9]}`. */
export function encodePositions(
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

export interface Decoded {
  /** Those of the types asked for, in order. */
  readonly positions: readonly number[]
  /** How many there are of all types. */
  readonly total: number
  /** The first of all types. */
  readonly first: number
}

export function decodePositions(text: string, types: ReadonlySet<string> | undefined): Decoded {
  const byType = JSON.parse(text) as Readonly<Record<string, readonly number[]>>
  const lists: (readonly number[])[] = []
  let total = 0
  let first = Infinity
  for (const type of Object.keys(byType)) {
    const list = byType[type] as readonly number[]
    total += list.length
    first = Math.min(first, list[0] as number)
    if (types === undefined || types.has(type)) lists.push(list)
  }
  const [only = []] = lists
  return { positions: lists.length < 2 ? only : lists.flat().sort((a, b) => a - b), total, first }
}

import type { At } from './clock.ts'
import { typeAttribute, type HeadItem } from './items.ts'
import type { Pin } from './pins.ts'
import type { Expression, Write } from './table.ts'
import { headKey } from './draft.ts'

/** More types than this in one condition, and the whole partition is guarded. */
const MOST_TYPES = 25

/** What a transaction does with one head: moves it on, or only looks at it. */
export interface HeadChange {
  readonly pk: string
  /** The newest place; `undefined` where it stays. */
  at: At | undefined
  count: number
  /** The newest place of a record in the outbox that no event here keeps in order. */
  order: At | undefined
  readonly types: Map<string, At>
  /** Of an aggregate: what it must be, and what it becomes. */
  version: { readonly from: number; to: number } | undefined
  /** What else an aggregate's head says. */
  rest: Readonly<Record<string, unknown>>
  readonly pins: Pin[]
}

/** The heads of a transaction. */
export class HeadChanges {
  readonly #changes = new Map<string, HeadChange>()
  readonly #versionOf: (pk: string) => number

  /** Is told which version an aggregate has. */
  constructor(versionOf: (pk: string) => number) {
    this.#versionOf = versionOf
  }

  of(pk: string): HeadChange {
    const known = this.#changes.get(pk)
    if (known) return known
    const change: HeadChange = {
      pk,
      at: undefined,
      count: 0,
      order: undefined,
      types: new Map(),
      version: undefined,
      rest: {},
      pins: [],
    }
    this.#changes.set(pk, change)
    return change
  }

  /** Demands a version, unless events before in the transaction have made it. */
  expect(pk: string, version: number): void {
    this.of(pk).version ??= { from: version, to: version }
  }

  nextVersion(pk: string): number {
    const from = this.#versionOf(pk)
    const version = (this.of(pk).version ??= { from, to: from })
    version.to += 1
    return version.to
  }

  all(): HeadChange[] {
    return [...this.#changes.values()]
  }
}

/** The write for a head. `first` is the first place of the transaction: heads must be before it. */
export function writeOf(change: HeadChange, first: At): Write {
  const condition = conditionOf(change, first)
  const key = headKey(change.pk)
  const { at, order, version } = change
  if (at === undefined && order === undefined) return { check: key, condition }
  const set: Record<string, unknown> = {
    itemType: 'head',
    ...(order !== undefined && { order }),
    ...(at !== undefined && {
      at,
      ...Object.fromEntries(change.types),
      ...(version && { currentVersion: version.to }),
      ...change.rest,
    }),
  }
  const names: Record<string, string> = { ...condition.names }
  const values: Record<string, unknown> = { ...condition.values }
  const sets = Object.entries(set).map(([name, value], index) => {
    names[`#s${index}`] = name
    values[`:s${index}`] = value
    return `#s${index} = :s${index}`
  })
  let expression = `SET ${sets.join(', ')}`
  if (at !== undefined) {
    names['#count'] = 'count'
    values[':count'] = change.count
    expression += ' ADD #count :count'
  }
  return {
    update: key,
    expression,
    condition: { text: condition.text, names, values },
  }
}

function conditionOf({ at, order, version, pins }: HeadChange, first: At): Expression {
  const parts: string[] = []
  const names: Record<string, string> = {}
  const values: Record<string, unknown> = {}
  const name = (short: string, attribute: string): string => {
    names[short] = attribute
    return short
  }
  const value = (short: string, given: unknown): string => {
    values[short] = given
    return short
  }
  const notThere = (short: string, attribute: string): string =>
    `attribute_not_exists(${name(short, attribute)})`
  const place: keyof HeadItem = 'at'

  if (at !== undefined || order !== undefined) {
    const newest: keyof HeadItem = 'order'
    parts.push(`(${notThere('#at', place)} OR #at < ${value(':first', first)})`)
    parts.push(`(${notThere('#order', newest)} OR #order < :first)`)
  }
  if (version) {
    const { from } = version
    parts.push(
      from === 0
        ? notThere('#version', 'currentVersion')
        : `${name('#version', 'currentVersion')} = ${value(':version', from)}`,
    )
  }
  const [pin] = pins
  if (pin) {
    const { at: seen } = pin.seen
    const types = guardedTypes(pins)
    if (types) {
      const attributes = new Set(types.map(typeAttribute))
      for (const [index, attribute] of [...attributes].entries()) {
        const isOld = seen ? ` OR #t${index} <= ${value(':seen', seen)}` : ''
        parts.push(`(${notThere(`#t${index}`, attribute)}${isOld})`)
      }
      if (seen) parts.push(`${name('#at', place)} >= :seen`)
    } else if (seen) parts.push(`${name('#at', place)} = ${value(':seen', seen)}`)
    else parts.push(notThere('#at', place))
  }
  return { text: parts.join(' AND '), names, values }
}

/**
 * The types that must not have happened, where that is enough. The first time round the head must be what
 * was seen, for that proves that the log still has it.
 */
function guardedTypes(pins: readonly Pin[]): readonly string[] | undefined {
  const types = new Set<string>()
  for (const pin of pins) {
    if (!pin.isProven || !pin.types) return undefined
    for (const type of pin.types) types.add(type)
  }
  return types.size <= MOST_TYPES ? [...types] : undefined
}

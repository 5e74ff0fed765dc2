import { ArgumentError } from '../store/errors.ts'
import { filled } from '../store/check-value.ts'
import { show } from '../store/show.ts'
import { copyOf } from '../store/copy.ts'
import type { Snapshot } from './snapshot.ts'

/** The key under which an aggregate is found; `null` where it has none. */
export type IndexKey<State> = (snapshot: Snapshot<State>) => string | null

/** An index of the aggregates of one type. */
export interface Index<State> {
  readonly name: string
  readonly key: IndexKey<State>
}

/** The indexes of an aggregate type: a list made with {@link defineIndex}, or an object of names and keys. */
export type Indexes<State> = readonly Index<State>[] | Readonly<Record<string, IndexKey<State>>>

/**
 * An index of aggregates by a key of their state. Several aggregates may have one key; where the key is
 * `null` the aggregate is not in the index.
 *
 * ```ts
 * const byEmail = defineIndex('byEmail', ({ state }: Snapshot<Account>) => state.email || null)
 * ```
 */
export function defineIndex<State>(name: string, key: IndexKey<State>): Index<State> {
  filled(name, ['defineIndex', 'name'])
  if (typeof key === 'function') return { name, key }
  throw new ArgumentError(
    `defineIndex ${name}: expected a function of a snapshot, found ${show(key)}`,
  )
}

/** The indexes by name. */
export function indexMap<State>(
  type: string,
  indexes: Indexes<State>,
): ReadonlyMap<string, IndexKey<State>> {
  const listed = Array.isArray(indexes)
    ? (indexes as readonly Index<State>[])
    : Object.entries(indexes as Readonly<Record<string, IndexKey<State>>>).map(([name, key]) => ({
        name,
        key,
      }))
  const defined = listed.map(({ name, key }) => defineIndex(name, key))
  const map = new Map(defined.map(({ name, key }) => [name, key]))
  if (map.size === listed.length) return map
  const twice = listed.find(({ name }, at) => listed.findIndex((other) => other.name === name) < at)
  throw new ArgumentError(`the index ${twice?.name} of ${type} is defined twice`)
}

/** The keys of a snapshot, by index. */
export function keysOfSnapshot<State>(
  indexes: ReadonlyMap<string, IndexKey<State>>,
  snapshot: Snapshot<State>,
): Record<string, string> {
  const keys = [...indexes.keys()].map((name) => [name, keyOfSnapshot(indexes, name, snapshot)])
  return Object.fromEntries(keys.filter(([, key]) => key !== undefined)) as Record<string, string>
}

/** The key of a snapshot in one index, whose function gets a copy; `undefined` where it has none. */
export function keyOfSnapshot<State>(
  indexes: ReadonlyMap<string, IndexKey<State>>,
  name: string,
  { ref, state, sequence }: Snapshot<State>,
): string | undefined {
  let key: unknown
  try {
    key = indexes.get(name)?.({ ref: { ...ref }, state: copyOf(state), sequence })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = `${ref.type} ${ref.id}: its key in the index ${name} failed: ${reason}`
    throw Object.assign(new ArgumentError(message), { cause })
  }
  if (key === null || key === undefined) return undefined
  filled(key, [ref.type, ref.id, `index ${name}`])
  return key as string
}

import { resend } from '../client/resend.ts'
import { filled, name } from '../store/check-value.ts'
import { ArgumentError } from '../store/errors.ts'
import { show } from '../store/show.ts'
import { keyOfSnapshot } from './define-index.ts'
import type { Snapshot } from './snapshot.ts'
import { find, type Kind } from './stored.ts'
import { entryType } from './write.ts'

/** One page of aggregates. */
export interface SnapshotPage<State> {
  readonly snapshots: readonly Snapshot<State>[]
  /** Given back as `after` it yields the next page. Absent on the last page. */
  readonly cursor?: string
}

/** Which page of aggregates. */
export interface PageOptions {
  /** How many at most. Default is 100. */
  readonly limit?: number | undefined
  /** The `cursor` of the page before. */
  readonly after?: string | undefined
}

/** The aggregates that an index has under a key, by id. */
export async function queryPage<State>(
  kind: Kind<State>,
  index: string,
  key: string,
  { limit = 100, after }: PageOptions = {},
): Promise<SnapshotPage<State>> {
  if (!kind.indexes.has(index)) {
    const known = [...kind.indexes.keys()].join(', ') || 'none'
    throw new ArgumentError(`${kind.type} has no index ${show(index)}: it has ${known}`)
  }
  filled(key, ['query', index])
  const type = await entryType(kind.type, index, key)
  const page = await resend(() => kind.store.documents.query({ type, limit, after }), {})
  const found = await Promise.all(page.documents.map(({ id }) => snapshotOf(kind, id)))
  return {
    // An event from elsewhere may have changed the key since the entry was made.
    snapshots: found.filter(
      (snapshot) => snapshot !== null && keyOfSnapshot(kind.indexes, index, snapshot) === key,
    ) as Snapshot<State>[],
    ...(page.cursor !== undefined && { cursor: page.cursor }),
  }
}

/** All aggregates that an index has under a key, by id. */
export async function queryAll<State>(
  kind: Kind<State>,
  index: string,
  key: string,
): Promise<Snapshot<State>[]> {
  const snapshots: Snapshot<State>[] = []
  let after: string | undefined
  do {
    const page = await queryPage(kind, index, key, { after })
    snapshots.push(...page.snapshots)
    after = page.cursor
  } while (after !== undefined)
  return snapshots
}

/** An aggregate as it is now; `null` where it has no events. */
export async function snapshotOf<State>(
  kind: Kind<State>,
  id: string,
): Promise<Snapshot<State> | null> {
  name(id, ['aggregate', 'id'])
  const { state, sequence } = await find(kind, id)
  return sequence === 0 ? null : { ref: { type: kind.type, id }, state, sequence }
}

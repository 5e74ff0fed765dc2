import { isEventfoldError } from '../../store/errors.ts'
import type { Committed } from '../../store/commit.ts'
import type { WriteAccess } from './access.ts'
import { isGiven } from './clock.ts'
import { headedOf, headKey, nameOfKey, type Draft } from './draft.ts'
import { eventById, keysOfEvent } from './event-by-id.ts'
import type { Item } from './items.ts'
import { proveCursor } from './evidence.ts'
import { allFacts, factsAt, judgeDraft, type Facts } from './judge-draft.ts'
import { aggregatePartition, idKey, type ItemKey } from './keys.ts'

/**
 * Learns what must be known before the first attempt: for most commits that is nothing. What several of
 * them want to know is asked for once.
 */
export function prepareAll(
  drafts: readonly Draft[],
  access: WriteAccess,
): (draft: Draft) => Promise<Committed | undefined> {
  const unknown = new Map(drafts.map((draft) => [draft, unknownKeys(draft, access)]))
  const keys = [...unknown.values()].flat()
  const asked = keys.length > 0 ? factsAt(keys, access) : undefined
  return async (draft) => {
    const names = new Set(unknown.get(draft)?.map(nameOfKey))
    if (names.size === 0) return prepare(draft, undefined, access)
    const facts = [...((await asked) ?? [])].filter(([name]) => names.has(name))
    return prepare(draft, new Map(facts), access)
  }
}

async function prepare(
  draft: Draft,
  facts: Facts | undefined,
  access: WriteAccess,
): Promise<Committed | undefined> {
  try {
    const given = await factsGiven(draft, access)
    if (given.length > 0) {
      const all = await allFacts(draft, access)
      return await judgeDraft(draft, new Map([...all, ...given]), access)
    }
    for (const { write } of draft.documents) {
      if (write.cursor !== undefined) await proveCursor(write.cursor, access)
    }
    return facts && (await judgeDraft(draft, facts, access))
  } catch (error) {
    if (!isEventfoldError(error, 'CONFLICT')) throw error
    // What comes earlier in the order of checks was not looked at yet.
    const earlier = await judgeDraft(draft, await allFacts(draft, access), access)
    if (earlier) return earlier
    throw error
  }
}

/**
 * The events whose ids the store itself has given, where they were filed: nothing keeps such an id to
 * itself, for nobody had it before it was written.
 */
async function factsGiven({ events }: Draft, access: WriteAccess): Promise<[string, Item][]> {
  const again = events.filter(({ event, isNamed }) => isNamed && isGiven(event.id))
  const found = await Promise.all(
    again.map(async (each): Promise<[string, Item][]> => {
      const { id } = each.event
      const pks = [...headedOf(each), ...each.plainPks]
      try {
        const items = await access.table.getAll(keysOfEvent(id, pks))
        const item = await eventById(access, id, items, { pks, types: [] })
        return [[nameOfKey(idKey(id)), item as unknown as Item]]
      } catch (error) {
        if (isEventfoldError(error, 'CONFLICT')) return []
        throw error
      }
    }),
  )
  return found.flat()
}

/** What no guard, expectation or memory tells: documents, versions, and what several cursors saw. */
function unknownKeys({ commit, events, documents, pins }: Draft, access: WriteAccess): ItemKey[] {
  const expected = new Set(commit.expect.map(({ aggregate }) => aggregatePartition(aggregate)))
  const heads = new Set<string>()
  for (const { aggregatePk: pk } of events) {
    if (pk !== undefined && !expected.has(pk) && !access.versions.has(pk)) heads.add(pk)
  }
  const seen = new Map<string, string>()
  for (const {
    pk,
    seen: { at },
  } of pins) {
    if ((seen.get(pk) ?? at) !== at) heads.add(pk)
    seen.set(pk, at)
  }
  return [
    ...Array.from(heads, headKey),
    ...documents.filter(({ result }) => !result).map(({ key }) => key),
  ]
}

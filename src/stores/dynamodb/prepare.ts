import { isEventfoldError } from '../../store/errors.ts'
import type { Committed } from '../../store/commit.ts'
import type { WriteAccess } from './access.ts'
import { headKey, nameOfKey, type Draft } from './draft.ts'
import { proveCursor } from './evidence.ts'
import { allFacts, factsAt, judgeDraft, type Facts } from './judge-draft.ts'
import { aggregatePartition, type ItemKey } from './keys.ts'

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

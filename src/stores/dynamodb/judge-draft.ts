import type { Committed } from '../../store/commit.ts'
import { ConcurrencyError, isEventfoldError } from '../../store/errors.ts'
import { judgeDocument } from '../../store/judge.ts'
import type { WriteAccess } from './access.ts'
import { answerOf, knownEvents } from './answers.ts'
import { guardingKeys, headKey, knownKeys, nameOfKey, pkOfName, type Draft } from './draft.ts'
import { compareDocumentCursors } from './evidence.ts'
import type { DocumentItem, EventItem, HeadItem, Item } from './items.ts'
import { aggregatePartition, answerKey, idKey, type ItemKey } from './keys.ts'
import { movePin } from './pins.ts'
import { whenThere } from './there.ts'
import { positionOf } from './clock.ts'

/** What was found under some keys: `undefined` where there is nothing. Of other keys nothing is known. */
export type Facts = ReadonlyMap<string, Item | undefined>

/**
 * Holds a commit against what was found, in the order of checks that all stores share. Resolves with the
 * earlier answer, throws what refuses it, or brings the draft up to date, so that it can be planned.
 */
export async function judgeDraft(
  draft: Draft,
  facts: Facts,
  access: WriteAccess,
): Promise<Committed | undefined> {
  const replayed = await answeredBefore(draft, facts, access)
  if (replayed) return replayed
  noteHeads(facts, access)
  checkVersions(draft, facts)
  await checkConditions(draft, facts, access)
  await judgeDocuments(draft, facts, access)
  return undefined
}

/**
 * As {@link judgeDraft}, of what refused a transaction. That may be less than the commit has against it:
 * before it is refused, what comes earlier in the order of checks is looked at.
 */
export async function judgeAgain(
  draft: Draft,
  facts: Facts,
  before: readonly Draft[],
  access: WriteAccess,
): Promise<Committed | undefined> {
  try {
    return await judgeDraft(draft, facts, access)
  } catch (error) {
    if (!isEventfoldError(error, 'CONFLICT')) throw error
    if (isStillToCome(error, before)) return undefined
    const keys = [...knownKeys(draft), ...guardingKeysBefore(error, draft)]
    const missing = keys.filter((key) => !facts.has(nameOfKey(key)))
    if (missing.length === 0) throw error
    const more = await factsAt(missing, access)
    const earlier = await judgeDraft(draft, new Map([...facts, ...more]), access)
    if (earlier) return earlier
    throw error
  }
}

/** Everything that {@link judgeDraft} may want to know. */
export async function allFacts(draft: Draft, access: WriteAccess): Promise<Facts> {
  return factsAt(
    [...knownKeys(draft), ...guardingKeys(draft), ...draft.documents.map(({ key }) => key)],
    access,
  )
}

export async function factsAt(keys: readonly ItemKey[], { table }: WriteAccess): Promise<Facts> {
  const items = await table.getAll(keys)
  return new Map(keys.map((key, index) => [nameOfKey(key), items[index]]))
}

async function answeredBefore(
  draft: Draft,
  facts: Facts,
  access: WriteAccess,
): Promise<Committed | undefined> {
  const { idempotency } = draft.commit
  const answer = idempotency && facts.get(nameOfKey(answerKey(idempotency.key)))
  if (answer) return answerOf(idempotency, answer, access)
  const keys = draft.events.flatMap(({ event, isNamed }) => (isNamed ? idKey(event.id) : []))
  if (!keys.some((key) => facts.get(nameOfKey(key)))) return undefined
  // Where one is known, so are the others, although they may not have been among what refused.
  const missing = keys.filter((key) => !facts.get(nameOfKey(key)))
  const items = await whenThere(missing, access)
  const ids = new Map(keys.map((key) => [key.pk, facts.get(nameOfKey(key))]))
  missing.forEach(({ pk }, index) => ids.set(pk, items[index]))
  return knownEvents(
    draft,
    draft.events.map(({ event, isNamed }) => (isNamed ? ids.get(idKey(event.id).pk) : undefined)),
    access,
  )
}

/** What is written next comes after every head that was seen, and on the version that it has. */
function noteHeads(facts: Facts, { clock, versions }: WriteAccess): void {
  for (const [name, item] of facts) {
    // Of a table that was made anew nothing is remembered.
    if (!item) versions.delete(pkOfName(name))
    if (item?.['itemType'] !== 'head') continue
    const head = item as unknown as HeadItem
    for (const at of [head.at, head.order]) if (at) clock.see(at, head.pk)
    if (head.currentVersion !== undefined) versions.set(head.pk, head.currentVersion)
  }
}

function checkVersions({ commit }: Draft, facts: Facts): void {
  commit.expect.forEach(({ aggregate, version }, index) => {
    const name = nameOfKey(headKey(aggregatePartition(aggregate)))
    if (!facts.has(name)) return
    const { currentVersion: actual = 0 } = (facts.get(name) ?? {}) as Partial<HeadItem>
    if (actual !== version) {
      throw new ConcurrencyError({ reason: 'version', index, aggregate, expected: version, actual })
    }
  })
}

async function checkConditions(draft: Draft, facts: Facts, access: WriteAccess): Promise<void> {
  const moved = draft.pins.filter(({ pk }) => facts.has(nameOfKey(headKey(pk))))
  const found = await Promise.all(
    moved.map(async (pin) => {
      const head = facts.get(nameOfKey(headKey(pin.pk))) as unknown as HeadItem | undefined
      return { pin, item: await movePin(pin, head, access) }
    }),
  )
  const [first] = found
    .flatMap(({ pin, item }) => (item ? [{ pin, item }] : []))
    .sort((a, b) => a.pin.index - b.pin.index || (a.item.at < b.item.at ? -1 : 1))
  if (!first) return
  const { condition, index } = first.pin
  throw new ConcurrencyError({
    reason: 'condition',
    index,
    streams: condition.streams,
    event: eventNamed(first.item),
    ...(condition.after !== undefined && { cursor: condition.after }),
  })
}

function eventNamed({ id, type, at }: EventItem): { id: string; type: string; position: number } {
  return { id, type, position: positionOf(at) }
}

async function judgeDocuments(draft: Draft, facts: Facts, access: WriteAccess): Promise<void> {
  for (const [index, document] of draft.documents.entries()) {
    const name = nameOfKey(document.key)
    if (!facts.has(name)) continue
    const item = facts.get(name) as unknown as DocumentItem | undefined
    document.state = item && {
      revision: item.revision,
      deleted: item.data === undefined,
      cursor: item.cursor,
    }
    const { cursor } = document.write
    const order =
      cursor !== undefined && item?.cursor !== undefined
        ? await compareDocumentCursors(cursor, item.cursor, access)
        : 1
    document.result = judgeDocument(document.write, index, document.state, () => order)
  }
}

/** The heads that come before what refused a commit: versions come before conditions, and both first. */
function guardingKeysBefore({ conflict }: ConcurrencyError, draft: Draft): ItemKey[] {
  if (conflict.reason === 'version') return []
  return guardingKeys(conflict.reason === 'document' ? draft : { ...draft, pins: [] })
}

/** Whether the version that a commit expects is made by those that go before it. */
function isStillToCome({ conflict }: ConcurrencyError, before: readonly Draft[]): boolean {
  if (conflict.reason !== 'version' || !conflict.aggregate) return false
  const pk = aggregatePartition(conflict.aggregate)
  return before.some(({ events }) => events.some(({ aggregatePk }) => aggregatePk === pk))
}

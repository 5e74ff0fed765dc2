import type { StoredEvent } from '../../event/event.ts'
import { contentOf, type PreparedCommit } from '../../store/check-commit.ts'
import type { Committed, Idempotency } from '../../store/commit.ts'
import type { DocumentResult } from '../../store/document.ts'
import { IdempotencyError } from '../../store/errors.ts'
import { canonicalJson } from '../../store/json.ts'
import type { Access } from './access.ts'
import { IncompleteError, untilComplete } from './complete.ts'
import type { Draft } from './draft.ts'
import {
  eventOf,
  type AnswerItem,
  type DocumentItem,
  type EventItem,
  type IdItem,
  type Item,
} from './items.ts'
import { answerKey, documentPartition, sha256, type ItemKey } from './keys.ts'
import { expiresIn } from './outbox-item.ts'
import type { Placed } from './place.ts'
import { Seeing } from './seeing.ts'

/** What an idempotency key is answered from now on. */
export function answerItem(
  { idempotency }: PreparedCommit,
  placed: readonly Placed[],
  { documents, cursor }: Committed,
  seconds: number | undefined,
): AnswerItem | undefined {
  if (!idempotency) return undefined
  return {
    ...answerKey(idempotency.key),
    itemType: 'answer',
    fingerprint: sha256(idempotency.fingerprint),
    events: JSON.stringify(placed.map(({ home }) => [home.pk, home.sk])),
    documents: JSON.stringify(documents),
    ...(cursor !== undefined && { cursor }),
    ...(seconds !== undefined && { expires: expiresIn(seconds) }),
  }
}

/** The answer that a key has. Another fingerprint is refused. */
export async function answerOf(
  { key, fingerprint }: Idempotency,
  item: Item,
  access: Access,
): Promise<Committed> {
  const answer = item as unknown as AnswerItem
  if (fingerprint !== undefined && sha256(fingerprint) !== answer.fingerprint) {
    throw new IdempotencyError('idempotency key', key)
  }
  const keys = (JSON.parse(answer.events) as [string, string][]).map(([pk, sk]) => ({ pk, sk }))
  return {
    events: await eventsAt(keys, access),
    documents: JSON.parse(answer.documents) as DocumentResult[],
    replayed: true,
    ...(answer.cursor !== undefined && { cursor: answer.cursor }),
  }
}

/**
 * The answer to a commit of which event ids are known, given what keeps them: equal events again,
 * anything else is refused.
 */
export async function knownEvents(
  draft: Draft,
  items: readonly (Item | undefined)[],
  access: Access,
): Promise<Committed> {
  const { commit, events } = draft
  const found = await eventItems(items, access)
  const stored = found.map((item) => item && eventOf(item, access.codec))
  const first = stored.find(Boolean)
  commit.events.forEach((event, index) => {
    const known = events[index]?.isNamed ? stored[index] : undefined
    const isSame = known && canonicalJson(contentOf(event)) === canonicalJson(contentOf(known))
    if (!isSame) throw new IdempotencyError('event id', (known ?? first)?.id ?? event.id)
  })
  const seen = new Seeing(draft.pins)
  found.forEach((item, index) => seen.add(events[index]!, item!.at, item!.version))
  return {
    events: stored as StoredEvent[],
    documents: await unchanged(commit, access),
    replayed: true,
    ...(commit.conditions.length > 0 && { cursor: seen.cursor() }),
  }
}

/** The events that id items lead to, or that live in them. */
async function eventItems(
  items: readonly (Item | undefined)[],
  access: Access,
): Promise<(EventItem | undefined)[]> {
  const found = await allOf(
    items.flatMap((item) => {
      if (item?.['itemType'] !== 'id') return []
      const { eventPk, eventSk } = item as unknown as IdItem
      return [{ pk: eventPk, sk: eventSk }]
    }),
    access,
  )
  let next = 0
  return items.map((item) => {
    const event = item?.['itemType'] === 'id' ? found[next++] : item
    return event as unknown as EventItem | undefined
  })
}

async function eventsAt(keys: readonly ItemKey[], access: Access): Promise<StoredEvent[]> {
  const items = await allOf(keys, access)
  return items.map((item) => eventOf(item, access.codec))
}

/** Events that are there: a transaction that is being written may show what leads to them first. */
function allOf(keys: readonly ItemKey[], { table }: Access): Promise<EventItem[]> {
  return untilComplete(async () => {
    const items = await table.getAll(keys)
    if (items.includes(undefined)) throw new IncompleteError()
    return items as unknown as EventItem[]
  })
}

/** The documents as they are now: a repeated commit no longer knows what it made of them. */
async function unchanged(
  { documents }: PreparedCommit,
  { table }: Access,
): Promise<DocumentResult[]> {
  const keys = documents.map(({ type, id }) => ({ pk: documentPartition(type), sk: id }))
  const items = await table.getAll(keys)
  return documents.map(({ type, id }, index) => ({
    type,
    id,
    status: 'unchanged',
    revision: (items[index] as unknown as DocumentItem | undefined)?.revision ?? 0,
  }))
}

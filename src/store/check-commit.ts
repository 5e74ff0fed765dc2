import type { AggregateRef, EventMetadata, NewEvent } from '../event/event.ts'
import { createEventId } from '../event/id.ts'
import { keysOf } from '../event/identifiers.ts'
import { isPlainObject } from '../event/plain.ts'
import type { Limits } from './capabilities.ts'
import { checkShape } from './check-shape.ts'
import { checkBytes, refuse } from './check-value.ts'
import type { Commit, Condition, Expectation } from './commit.ts'
import type { DocumentGuard, DocumentWrite } from './document.ts'
import { LimitError } from './errors.ts'
import { canonicalJson, type JsonCodec } from './json.ts'
import type { Matchable } from './matches.ts'
import type { NewOutboxRecord } from './outbox.ts'

/** What a store knows before it looks at a commit. */
export interface CommitRules {
  readonly isIdentifier: (key: string) => boolean
  readonly codec: JsonCodec
  readonly limits: Limits
}

/** An event that may be written as it is. */
export interface PreparedEvent {
  readonly id: string
  readonly type: string
  /** What `json` reads back as; the caller's own object where nothing had to change. */
  readonly data: unknown
  readonly json: string
  readonly metadata: EventMetadata
  readonly metadataJson: string
  readonly aggregate: AggregateRef | undefined
  readonly keys: readonly string[]
}

/** A document write that may be done as it is. */
export interface PreparedDocument {
  readonly type: string
  readonly id: string
  /** `undefined` deletes. */
  readonly json: string | undefined
  readonly cursor: string | undefined
  readonly guards: readonly Exclude<DocumentGuard, 'any'>[]
  readonly otherwise: 'refuse' | 'skip'
}

/** An outbox record that may be written as it is. */
export interface PreparedOutboxRecord {
  readonly id: string
  readonly type: string
  readonly json: string
  /** The index of its event, `undefined` where the commit has none. */
  readonly event: number | undefined
  readonly orderKey: string | undefined
}

/** A commit that every store can take: checked, encoded, with all defaults filled in. */
export interface PreparedCommit {
  readonly events: readonly PreparedEvent[]
  readonly conditions: readonly Condition[]
  readonly expect: readonly Expectation[]
  readonly documents: readonly PreparedDocument[]
  readonly outbox: readonly PreparedOutboxRecord[]
  readonly idempotency: { readonly key: string; readonly fingerprint: string } | undefined
}

/**
 * Checks a commit before any store looks at it, so that what is wrong with it is refused once, in one
 * way, and before anything is written.
 */
export function prepareCommit(commit: Commit, rules: CommitRules): PreparedCommit {
  checkShape(commit, ['commit'])
  const { events = [], conditions = [], expect = [], documents = [], outbox = [] } = commit
  if (events.length + documents.length + outbox.length === 0) {
    refuse(['commit'], 'events, documents or outbox records', commit)
  }
  const { commitEvents } = rules.limits
  if (events.length > commitEvents) {
    throw new LimitError('commit.events', events.length, commitEvents, 'events')
  }
  refuseTwice('events', events, ({ id }) => id)
  refuseTwice('expect', expect, ({ aggregate }) => nameOf(aggregate))
  refuseTwice('documents', documents, nameOf)
  refuseTwice('outbox', outbox, ({ id }) => id)
  const preparedEvents = events.map((event, at) =>
    prepareEvent(event, `commit.events.${at}`, rules),
  )
  const prepared = {
    events: preparedEvents,
    conditions: conditions.map(copy),
    expect: expect.map(copy),
    documents: documents.map((document, at) =>
      prepareDocument(document, `commit.documents.${at}`, rules),
    ),
    outbox: outbox.map((record, at) =>
      prepareOutbox(record, `commit.outbox.${at}`, preparedEvents, rules),
    ),
  }
  const { idempotency } = commit
  return {
    ...prepared,
    idempotency: idempotency && {
      key: idempotency.key,
      fingerprint: idempotency.fingerprint ?? fingerprintOf(prepared),
    },
  }
}

/** The default fingerprint: types, data and aggregates, without ids, times and metadata. */
export function fingerprintOf(prepared: {
  readonly events: readonly Matchable[]
  readonly documents: readonly Pick<PreparedDocument, 'type' | 'id' | 'json'>[]
  readonly outbox: readonly Pick<PreparedOutboxRecord, 'type' | 'json'>[]
}): string {
  const content =
    prepared.events.length > 0
      ? prepared.events.map(contentOf)
      : [
          ...prepared.documents.map(({ type, id, json }) => [type, id, ...parsed(json)]),
          ...prepared.outbox.map(({ type, json }) => [type, ...parsed(json)]),
        ]
  return canonicalJson(content)
}

/** What makes an event the same as another one. */
export function contentOf({ type, data, aggregate }: Matchable): unknown[] {
  return [type, data, aggregate?.type, aggregate?.id]
}

/** Read again, so that the order of its keys makes no difference; a delete has nothing to read. */
function parsed(json: string | undefined): unknown[] {
  return json === undefined ? [] : [JSON.parse(json)]
}

function prepareEvent(
  { id = createEventId(), type, data: given, metadata = {}, aggregate }: NewEvent,
  where: string,
  { codec, limits, isIdentifier }: CommitRules,
): PreparedEvent {
  const json = codec.encode(given, `${where}.data`)
  checkBytes(json, [where, 'data'], limits.eventBytes)
  const metadataJson = codec.encode(metadata, `${where}.metadata`)
  checkBytes(metadataJson, [where, 'metadata'], limits.eventBytes)
  // What was given may hold `undefined` and may be changed later; what was encoded is what is stored.
  const data = codec.decode(json)
  return {
    id,
    type,
    data,
    json,
    metadata: codec.decode(metadataJson) as EventMetadata,
    metadataJson,
    aggregate: aggregate && { type: aggregate.type, id: aggregate.id },
    keys: keysOf(data, isIdentifier),
  }
}

function prepareDocument(
  write: DocumentWrite,
  where: string,
  { codec }: CommitRules,
): PreparedDocument {
  const { type, id, data, cursor, if: given = [], otherwise = 'refuse' } = write
  if ((write.delete === true) !== (data === undefined)) {
    refuse([where], 'either data or delete: true', write)
  }
  const guards = [given].flat().filter((guard) => guard !== 'any')
  if (cursor === undefined && (guards.includes('newer') || guards.includes('not-older'))) {
    refuse([where, 'cursor'], 'a cursor for the guard', cursor)
  }
  const json = write.delete ? undefined : codec.encode(data, `${where}.data`)
  return { type, id, json, cursor, guards, otherwise }
}

function prepareOutbox(
  { id = createEventId(), type, data, event: given, orderKey }: NewOutboxRecord,
  where: string,
  events: readonly PreparedEvent[],
  { codec }: CommitRules,
): PreparedOutboxRecord {
  const event = given ?? (events.length > 0 ? 0 : undefined)
  const cause = events[event ?? -1]
  if (event !== undefined && !cause) {
    refuse([where, 'event'], 'the index of an event', event)
  }
  return {
    id,
    type,
    json: codec.encode(data, `${where}.data`),
    event,
    orderKey: orderKey ?? (cause?.aggregate ? nameOf(cause.aggregate) : cause?.keys[0]),
  }
}

/** The same plain value in objects of its own. */
function copy<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(copy) as Value
  if (!isPlainObject(value)) return value
  const copied: Record<string, unknown> = { ...value }
  for (const key in copied) copied[key] = copy(copied[key])
  return copied as Value
}

/** An aggregate or a document, in one text. */
export function nameOf({ type, id }: AggregateRef): string {
  return JSON.stringify([type, id])
}

function refuseTwice<Item>(
  part: string,
  items: readonly Item[],
  nameOfItem: (item: Item) => string | undefined,
): void {
  if (items.length < 2) return
  const seen = new Set<string>()
  for (const item of items) {
    const name = nameOfItem(item)
    if (name !== undefined && seen.size === seen.add(name).size) {
      refuse(['commit', part], 'each only once', name)
    }
  }
}

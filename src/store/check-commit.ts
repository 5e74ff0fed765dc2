import type { AggregateRef, EventMetadata, NewEvent } from '../event/event.ts'
import { createEventId } from '../event/id.ts'
import { keysOf } from '../event/identifiers.ts'
import type { Limits } from './capabilities.ts'
import { checkAfter } from './check-read.ts'
import { checkShape } from './check-shape.ts'
import { checkAggregate, checkStreams, copyStream } from './check-streams.ts'
import { checkBytes, checkFilled, checkName, checkWhole, refuse } from './check-value.ts'
import type { Commit, Condition, Expectation, Idempotency } from './commit.ts'
import type { DocumentGuard, DocumentWrite } from './document.ts'
import { LimitError } from './errors.ts'
import { canonicalJson, type JsonCodec } from './json.ts'
import type { NewOutboxRecord } from './outbox.ts'
import { show } from './show.ts'

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
  readonly guards: readonly DocumentGuard[]
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
  checkShape(commit)
  const { events = [], conditions = [], expect = [], documents = [], outbox = [] } = commit
  if (events.length + documents.length + outbox.length === 0) {
    refuse('the commit is empty: give events, documents or outbox records')
  }
  if (events.length > rules.limits.commitEvents) {
    throw new LimitError(
      'the commit is too large',
      events.length,
      rules.limits.commitEvents,
      'events',
      'Split it into several commits.',
    )
  }
  const checkedConditions = conditions.map(prepareCondition)
  const checkedExpect = expect.map(prepareExpectation)
  const preparedEvents = events.map((event, index) => prepareEvent(event, index, rules))
  const prepared = {
    events: preparedEvents,
    conditions: checkedConditions,
    expect: checkedExpect,
    documents: documents.map((document, index) => prepareDocument(document, index, rules)),
    outbox: outbox.map((record, index) => prepareOutbox(record, index, preparedEvents, rules)),
  }
  refuseTwice(
    prepared.events.map((event) => event.id),
    'event id',
  )
  refuseTwice(
    prepared.documents.map(({ type, id }) => JSON.stringify([type, id])),
    'document',
  )
  refuseTwice(
    prepared.outbox.map((record) => record.id),
    'outbox record id',
  )
  refuseTwice(
    expect.map(({ aggregate }) => JSON.stringify([aggregate.type, aggregate.id])),
    'expected aggregate',
  )
  return {
    ...prepared,
    idempotency: commit.idempotency && prepareIdempotency(commit.idempotency, prepared),
  }
}

/** The default fingerprint: types, data and aggregates, without ids, times and metadata. */
export function fingerprintOf(prepared: Omit<PreparedCommit, 'idempotency'>): string {
  const content =
    prepared.events.length > 0
      ? prepared.events.map(({ type, data, aggregate }) => [
          type,
          data,
          aggregate?.type,
          aggregate?.id,
        ])
      : [
          ...prepared.documents.map(({ type, id, json }) => [type, id, ...parsed(json)]),
          ...prepared.outbox.map(({ type, json }) => [type, ...parsed(json)]),
        ]
  return canonicalJson(content)
}

/** Read again, so that the order of its keys makes no difference; a delete has nothing to read. */
function parsed(json: string | undefined): unknown[] {
  return json === undefined ? [] : [JSON.parse(json)]
}

function prepareEvent(event: NewEvent, index: number, rules: CommitRules): PreparedEvent {
  const what = `event ${index}`
  const type = checkName(event.type, `${what}: type`)
  const id = event.id === undefined ? createEventId() : checkName(event.id, `${what}: id`)
  if (event.data === undefined) {
    refuse(`${what} (${type}) has no data: give {} or null`)
  }
  const { metadata = {}, aggregate } = event
  if (metadata === null || typeof metadata !== 'object' || Array.isArray(metadata)) {
    refuse(`${what} (${type}): metadata must be an object, found ${show(metadata)}`)
  }
  const json = encodeSmall(event.data, `${what} (${type}): data`, rules)
  const metadataJson = encodeSmall(metadata, `${what} (${type}): metadata`, rules)
  if (aggregate !== undefined) checkAggregateNames(aggregate, what)
  // What was given may hold `undefined` and may be changed later; what was encoded is what is stored.
  const data = rules.codec.decode(json)
  return {
    id,
    type,
    data,
    json,
    metadata: rules.codec.decode(metadataJson) as EventMetadata,
    metadataJson,
    aggregate: aggregate && { type: aggregate.type, id: aggregate.id },
    keys: keysOf(data, rules.isIdentifier),
  }
}

function encodeSmall(value: unknown, what: string, { codec, limits }: CommitRules): string {
  const json = codec.encode(value, what)
  const advice = 'Keep large content elsewhere and store its address.'
  checkBytes(json, `${what} is too large`, limits.eventBytes, advice)
  return json
}

function prepareDocument(
  write: DocumentWrite,
  index: number,
  rules: CommitRules,
): PreparedDocument {
  const what = `document ${index}`
  const type = checkName(write.type, `${what}: type`)
  const id = checkName(write.id, `${what}: id`)
  const named = `${what} (${type} ${id})`
  if ((write.delete === true) !== (write.data === undefined)) {
    refuse(`${named}: give either data or delete: true`)
  }
  if (write.cursor !== undefined) checkFilled(write.cursor, `${named}: cursor`)
  const { otherwise = 'refuse', if: given = [] } = write
  const guards = (isList(given) ? given : [given]).filter((guard) => guard !== 'any')
  for (const guard of guards) checkGuard(guard, named, write.cursor)
  if (otherwise !== 'refuse' && otherwise !== 'skip') {
    refuse(`${named}: otherwise is 'refuse' or 'skip', found ${show(otherwise)}`)
  }
  return {
    type,
    id,
    json: write.delete === true ? undefined : rules.codec.encode(write.data, `${named}: data`),
    cursor: write.cursor,
    guards,
    otherwise,
  }
}

function isList(guards: NonNullable<DocumentWrite['if']>): guards is readonly DocumentGuard[] {
  return Array.isArray(guards)
}

function checkGuard(guard: DocumentGuard, what: string, cursor: string | undefined): void {
  if (typeof guard === 'object' && guard !== null) {
    checkWhole(guard.revision, `${what}: a revision`)
  } else if (guard === 'newer' || guard === 'not-older') {
    if (cursor === undefined) {
      refuse(`${what}: the guard '${guard}' compares cursors: give the cursor that data reflects`)
    }
  } else if (guard !== 'absent' && guard !== 'present') {
    const known = 'any, absent, present, newer, not-older or { revision }'
    refuse(`${what}: unknown guard ${show(guard)}: use ${known}`)
  }
}

function prepareOutbox(
  record: NewOutboxRecord,
  index: number,
  events: readonly PreparedEvent[],
  rules: CommitRules,
): PreparedOutboxRecord {
  const what = `outbox record ${index}`
  const type = checkName(record.type, `${what}: type`)
  const event = record.event ?? (events.length > 0 ? 0 : undefined)
  const cause = event === undefined ? undefined : events[event]
  if (event !== undefined && cause === undefined) {
    refuse(`${what} (${type}): event is the index of an event of the commit, found ${show(event)}`)
  }
  const aggregate = cause?.aggregate
  if (record.data === undefined) {
    refuse(`${what} (${type}) has no data: give {} or null`)
  }
  if (record.orderKey !== undefined) checkFilled(record.orderKey, `${what} (${type}): orderKey`)
  return {
    id: record.id === undefined ? createEventId() : checkName(record.id, `${what}: id`),
    type,
    json: rules.codec.encode(record.data, `${what} (${type}): data`),
    event,
    orderKey:
      record.orderKey ??
      (aggregate ? JSON.stringify([aggregate.type, aggregate.id]) : cause?.keys[0]),
  }
}

function prepareIdempotency(
  idempotency: Idempotency,
  prepared: Omit<PreparedCommit, 'idempotency'>,
): NonNullable<PreparedCommit['idempotency']> {
  const key = checkName(idempotency.key, 'the idempotency key')
  const { fingerprint } = idempotency
  if (fingerprint !== undefined) checkFilled(fingerprint, 'the fingerprint')
  return { key, fingerprint: fingerprint ?? fingerprintOf(prepared) }
}

function prepareExpectation({ aggregate, version }: Expectation, index: number): Expectation {
  checkAggregate(aggregate, `expect ${index}`)
  checkWhole(version, `expect ${index}: a version`)
  return { aggregate: { type: aggregate.type, id: aggregate.id }, version }
}

/** A condition that stays as it is, whatever the caller does with the object given. */
function prepareCondition({ streams, after }: Condition, index: number): Condition {
  checkStreams(streams, 'condition', `condition ${index}`)
  checkAfter(after, `condition ${index}`)
  return {
    streams: streams === 'all' ? streams : streams.map(copyStream),
    ...(after !== undefined && { after: typeof after === 'string' ? after : { ...after } }),
  }
}

function checkAggregateNames(aggregate: AggregateRef, what: string): void {
  checkAggregate(aggregate, what)
  checkName(aggregate.type, `${what}: the aggregate's type`)
  checkName(aggregate.id, `${what}: the aggregate's id`)
}

function refuseTwice(names: readonly string[], what: string): void {
  if (names.length < 2) return
  const seen = new Set<string>()
  const twice = names.find((name) => seen.size === seen.add(name).size)
  if (twice !== undefined) refuse(`the ${what} ${twice} is in the commit twice`)
}

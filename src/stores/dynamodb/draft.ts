import { keysOf } from '../../event/identifiers.ts'
import type { PreparedCommit, PreparedDocument, PreparedEvent } from '../../store/check-commit.ts'
import type { DocumentResult } from '../../store/document.ts'
import type { DocumentState } from '../../store/judge.ts'
import type { Filing } from './boundary.ts'
import {
  aggregatePartition,
  answerKey,
  documentPartition,
  HEAD,
  idKey,
  keyPartition,
  orderPartition,
  type ItemKey,
} from './keys.ts'
import type { Pin } from './pins.ts'

/** An event, and the partitions that get a copy of it. */
export interface DraftEvent {
  readonly event: PreparedEvent
  /** Whether the caller gave its id, which then is kept to itself. */
  readonly isNamed: boolean
  readonly aggregatePk: string | undefined
  /** The partitions of its keys that have heads. */
  readonly keyPks: readonly string[]
  /** The partition without a head. */
  readonly plainPks: readonly string[]
}

/** A document, and what is taken to be there. */
export interface DraftDocument {
  readonly write: PreparedDocument
  readonly key: ItemKey
  /** What the write relies on; `undefined` where nothing ever was. Unknown where there is no result. */
  state: DocumentState | undefined
  result: DocumentResult | undefined
}

/** A commit on its way, with what is known of the table so far. */
export interface Draft {
  readonly commit: PreparedCommit
  readonly events: readonly DraftEvent[]
  readonly documents: readonly DraftDocument[]
  readonly pins: readonly Pin[]
  /** Every partition and item that two commits at once would quarrel about. */
  readonly touches: ReadonlySet<string>
}

export function draftOf(
  commit: PreparedCommit,
  named: readonly boolean[],
  pins: readonly Pin[],
  filing: Filing,
): Draft {
  const events = commit.events.map((event, index) => filed(event, named[index] === true, filing))
  const documents = commit.documents.map((write) => assumed(write))
  const touches = new Set([
    ...events.flatMap(headedOf),
    ...pins.map(({ pk }) => pk),
    ...commit.expect.map(({ aggregate }) => aggregatePartition(aggregate)),
    ...commit.outbox.flatMap(({ orderKey: key }) => (key === undefined ? [] : orderPartition(key))),
    ...documents.map(({ key }) => nameOfKey(key)),
    ...knownKeys({ commit, events }).map(nameOfKey),
  ])
  return { commit, events, documents, pins, touches }
}

/** The partitions whose heads an event moves on. */
export function headedOf({ aggregatePk, keyPks }: DraftEvent): string[] {
  return aggregatePk === undefined ? [...keyPks] : [aggregatePk, ...keyPks]
}

/** The items that are there if the commit was answered before. */
export function knownKeys({ commit, events }: Pick<Draft, 'commit' | 'events'>): ItemKey[] {
  const { idempotency } = commit
  return [
    ...(idempotency ? [answerKey(idempotency.key)] : []),
    ...events.filter(({ isNamed }) => isNamed).map(({ event }) => idKey(event.id)),
  ]
}

/** The heads that the commit's expectations and conditions are about. */
export function guardingKeys({ commit, pins }: Draft): ItemKey[] {
  const pks = [
    ...commit.expect.map(({ aggregate }) => aggregatePartition(aggregate)),
    ...pins.map(({ pk }) => pk),
  ]
  return [...new Set(pks)].map(headKey)
}

export function headKey(pk: string): ItemKey {
  return { pk, sk: HEAD }
}

/** One text for a key. */
export function nameOfKey({ pk, sk }: ItemKey): string {
  return `${pk}\0${sk}`
}

/** The partition of a key that is one text. */
export function pkOfName(name: string): string {
  return name.slice(0, name.indexOf('\0'))
}

function filed(event: PreparedEvent, isNamed: boolean, { partitionKey }: Filing): DraftEvent {
  const plain = new Set(
    partitionKey === undefined ? [] : keysOf(event.data, (name) => name === partitionKey),
  )
  return {
    event,
    isNamed,
    aggregatePk: event.aggregate && aggregatePartition(event.aggregate),
    keyPks: event.keys.filter((key) => !plain.has(key)).map(keyPartition),
    plainPks: event.keys.filter((key) => plain.has(key)).map(keyPartition),
  }
}

/** A guard may say what is there, which spares a look; where that is wrong, the write is refused. */
function assumed(write: PreparedDocument): DraftDocument {
  const { type, id, guards, json } = write
  const key = { pk: documentPartition(type), sk: id }
  const exact = guards.find((guard) => typeof guard === 'object')
  const revision = guards.length > 1 ? undefined : guards[0] === 'absent' ? 0 : exact?.revision
  if (revision === undefined || (json === undefined && revision === 0)) {
    return { write, key, state: undefined, result: undefined }
  }
  const status = json === undefined ? 'deleted' : revision === 0 ? 'created' : 'updated'
  return {
    write,
    key,
    state: revision === 0 ? undefined : { revision, deleted: false, cursor: undefined },
    result: { type, id, status, revision: revision + 1 },
  }
}

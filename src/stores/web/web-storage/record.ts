import type { EventMetadata } from '../../../event/event.ts'
import { fingerprintOf, type PreparedCommit } from '../../../store/check-commit.ts'
import { anything, filled, is, list, object, oneOf, whole } from '../../../store/check-value.ts'
import type { DocumentResult } from '../../../store/document.ts'
import type { JsonCodec } from '../../../store/json.ts'
import type { Writable, Written } from '../../../store/memory-log.ts'

/** The format of records that is written, and the newest that is read. */
export const FORMAT = 1

/** JSON as it is; its text where reading and writing it would not give the same text. */
interface Content {
  readonly data?: unknown
  readonly text?: string
}

interface EventOfRecord extends Content {
  readonly id: string
  readonly type: string
  readonly metadata?: Content
  readonly aggregate?: { readonly type: string; readonly id: string; readonly version: number }
}

/** Its content is left out when a later record overwrote or deleted the document. */
interface DocumentOfRecord extends Content, DocumentResult {
  readonly cursor?: string
}

/** Its content is left out when a later record took it out of the outbox. */
interface MessageOfRecord extends Content {
  readonly id: string
  readonly type: string
  readonly event?: number
  readonly orderKey?: string
}

/** What one key of the storage holds: a commit, or what was taken out of the outbox. */
export interface LogRecord {
  readonly eventfold: number
  /** Tells this record from any other that was ever under its key. */
  readonly mark: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly events?: readonly EventOfRecord[]
  readonly documents?: readonly DocumentOfRecord[]
  readonly outbox?: readonly MessageOfRecord[]
  readonly conditional?: true
  readonly key?: string
  /** Left out where it is the default one of the events. */
  readonly fingerprint?: string
  readonly removed?: readonly string[]
}

/** What is said of a record when it is written. */
export type Stamp = Pick<LogRecord, 'mark' | 'at'>

const content = { data: anything, text: is('a text', (value) => typeof value === 'string') }
const aggregate = object({ type: filled, id: filled, version: whole })
const event = { metadata: object({}, content), aggregate, ...content }
const result = { type: filled, id: filled, revision: whole }
const status = oneOf('created', 'updated', 'deleted', 'skipped')
const message = { event: whole, orderKey: filled, ...content }

const checkRecord = object(
  { eventfold: whole, mark: filled, at: whole },
  {
    events: list(object({ id: filled, type: filled }, event)),
    documents: list(object({ ...result, status }, { cursor: filled, ...content })),
    outbox: list(object({ id: filled, type: filled }, message)),
    conditional: is('true', (value) => value === true),
    key: filled,
    fingerprint: filled,
    removed: list(filled),
  },
)

/** What a record did. */
export type Deed =
  | { readonly removed: readonly string[] }
  | {
      readonly removed?: undefined
      readonly commit: Writable
      readonly verdict: Written
      readonly timestamp: string
    }

/** The record of a commit that the judge let through. */
export function recordOf(commit: PreparedCommit, verdict: Written, stamp: Stamp): string {
  const { events, documents, outbox, conditions, idempotency } = commit
  const isDefault = events.length > 0 && idempotency?.fingerprint === fingerprintOf(commit)
  return write(stamp, {
    ...(events.length && {
      events: events.map(({ id, type, json, metadataJson, aggregate: named }, index) => ({
        id,
        type,
        ...contentOf(json),
        ...(metadataJson !== '{}' && { metadata: contentOf(metadataJson) }),
        ...(named && { aggregate: { ...named, version: verdict.versions[index] as number } }),
      })),
    }),
    ...(documents.length && {
      documents: documents.map(({ json, cursor }, index) => ({
        ...(verdict.documents[index] as DocumentResult),
        ...(cursor !== undefined && { cursor }),
        ...(json !== undefined && contentOf(json)),
      })),
    }),
    ...(outbox.length && {
      outbox: outbox.map(({ id, type, json, event: cause, orderKey }) => ({
        id,
        type,
        ...contentOf(json),
        ...(cause !== undefined && { event: cause }),
        ...(orderKey !== undefined && { orderKey }),
      })),
    }),
    ...(conditions.length && { conditional: true }),
    ...(idempotency && { key: idempotency.key }),
    ...(idempotency && !isDefault && { fingerprint: idempotency.fingerprint }),
  })
}

/** The record of what was taken out of the outbox. */
export function recordOfRemoval(removed: readonly string[], stamp: Stamp): string {
  return write(stamp, { removed })
}

function write(stamp: Stamp, rest: Omit<LogRecord, 'eventfold' | keyof Stamp>): string {
  const record: LogRecord = { eventfold: FORMAT, mark: stamp.mark, at: stamp.at, ...rest }
  return JSON.stringify(record)
}

/** The record in a text. Throws where it is none. */
export function parseRecord(text: string): LogRecord {
  const record = JSON.parse(text) as LogRecord
  if (!(Number(record?.eventfold) > FORMAT)) checkRecord(record, ['record'])
  return record
}

/** What a record did, to be done again in memory. */
export function deedOf(record: LogRecord, { decode }: JsonCodec): Deed {
  const { events = [], documents = [], outbox = [], removed } = record
  if (removed) return { removed }
  const written = {
    events: events.map(({ id, type, metadata, aggregate: named, ...data }) => ({
      id,
      type,
      data: decode(jsonOf(data) as string),
      metadata: metadata ? (decode(jsonOf(metadata) as string) as EventMetadata) : {},
      aggregate: named && { type: named.type, id: named.id },
    })),
    documents: documents.map(({ type, id, cursor, ...data }) => ({
      type,
      id,
      cursor,
      json: jsonOf(data),
    })),
    outbox: outbox.map(({ id, type, event: cause, orderKey, ...data }) => ({
      id,
      type,
      json: jsonOf(data) ?? 'null',
      event: cause,
      orderKey,
    })),
    conditions: record.conditional ? [true] : [],
  }
  const { key, fingerprint } = record
  return {
    commit: {
      ...written,
      idempotency:
        key === undefined ? undefined : { key, fingerprint: fingerprint ?? fingerprintOf(written) },
    },
    verdict: {
      versions: events.map(({ aggregate: named }) => named?.version),
      documents: documents.map(({ type, id, status: became, revision }) => ({
        type,
        id,
        status: became,
        revision,
      })),
    },
    timestamp: new Date(record.at).toISOString(),
  }
}

/** Most texts are what JSON gives again; a codec may write numbers that are not, or spaces. */
function contentOf(json: string): Content {
  try {
    const data: unknown = JSON.parse(json)
    if (JSON.stringify(data) === json) return { data }
  } catch {
    // The text is kept.
  }
  return { text: json }
}

function jsonOf({ text, data }: Content): string | undefined {
  return text ?? JSON.stringify(data)
}

import { createHash } from 'node:crypto'
import type { AggregateRef } from '../../event/event.ts'

/** The primary key of an item, under whatever names the table has for its two parts. */
export interface ItemKey {
  readonly pk: string
  readonly sk: string
}

/** The sort key of what stands beside the events of a partition: its head. */
export const HEAD = 'HEAD'

/** The item that says what the table is, read once by each store. */
export const LOG: ItemKey = { pk: 'LOG', sk: 'LOG' }

/** The partition in which the outbox waits, by commit order. */
export const OUTBOX = 'OUTBOX'

/** The largest version that a sort key has room for. */
export const MOST_VERSIONS = 999_999_999

const LONG_KEY = 512
/** Of a type and an id of 255 bytes each, all of them escaped. */
const LONGEST_AGGREGATE = 2 * 3 * 255 + 1

/** The partition of the events that are filed under a key. A long key gives way to its SHA-256. */
export function keyPartition(key: string): string {
  return `KEY#${Buffer.byteLength(key) > LONG_KEY ? `sha256:${sha256(key)}` : key}`
}

/** The partition of an aggregate: its events, and its head. */
export function aggregatePartition({ type, id }: AggregateRef): string {
  const name = `${escaped(type)}#${escaped(id)}`
  // No event has one as long as this, but it may be asked for.
  return `AGG#${Buffer.byteLength(name) > LONGEST_AGGREGATE ? `sha256:${sha256(name)}` : name}`
}

export function isAggregatePartition(pk: string): boolean {
  return pk.startsWith('AGG#')
}

/** The sort key of an aggregate's event. */
export function versionKey(version: number): string {
  return `EVT#${String(version).padStart(9, '0')}`
}

/** What keeps an event id to itself and leads to its event. An event without any key lives here. */
export function idKey(id: string): ItemKey {
  return { pk: `ID#${id}`, sk: 'ID' }
}

/** The answer that an idempotency key has. */
export function answerKey(key: string): ItemKey {
  return { pk: `IDEM#${key}`, sk: 'IDEM' }
}

/** The partition of all documents of a type. Their ids are its sort keys. */
export function documentPartition(type: string): string {
  return `DOC#${type}`
}

/** The partition whose head keeps the records of an order key in commit order: that of its events. */
export function orderPartition(orderKey: string): string {
  const [type, id] = partsOf(orderKey)
  const isAggregate = typeof type === 'string' && typeof id === 'string'
  return isAggregate && JSON.stringify([type, id]) === orderKey
    ? aggregatePartition({ type, id })
    : keyPartition(orderKey)
}

function partsOf(orderKey: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(orderKey)
    return Array.isArray(parts) ? parts : []
  } catch {
    return []
  }
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

// Of two parts in one text; a single part needs no sign to end at.
function escaped(part: string): string {
  return part.replaceAll('%', '%25').replaceAll('#', '%23')
}

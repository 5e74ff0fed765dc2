import type { StoredEvent } from '../../event/event.ts'
import { keysOf } from '../../event/identifiers.ts'
import { refuse } from '../../store/check-value.ts'
import type { After, DataFilter, Stream } from '../../store/stream.ts'
import { isAt, positionOf } from '../../stores/dynamodb/clock.ts'
import {
  aggregatePartition,
  idKey,
  keyPartition,
  versionKey,
  type ItemKey,
} from '../../stores/dynamodb/keys.ts'
import { isIdKey } from './check-arguments.ts'
import type { AnyEvent } from './types.ts'

/** A stream as this door takes it. */
export interface Asked {
  readonly eventTypes: readonly string[]
  readonly partitionId?: string | number
  readonly modelKey?: string
  readonly modelId?: string | number
}

/** An event as this door gives it. */
export function shownEvent(event: StoredEvent, partitionKey: string): AnyEvent {
  const { id, type, timestamp, data } = event
  return { id, type, timestamp, ...placeOf(event, partitionKey), data: data as AnyEvent['data'] }
}

/** The item that is the event itself; where its id was given, the one that leads from the id to it. */
function placeOf({ id, data, position, aggregate }: StoredEvent, partitionKey: string): ItemKey {
  if (aggregate) return { pk: aggregatePartition(aggregate), sk: versionKey(aggregate.version) }
  const key =
    keysOf(data, (name) => isIdKey(name) && name !== partitionKey)[0] ??
    keysOf(data, (name) => name === partitionKey)[0]
  return key !== undefined && isPlace(id, position) ? { pk: keyPartition(key), sk: id } : idKey(id)
}

/** An id that the store made is the event's place in time. */
export function isPlace(id: string, position: number): boolean {
  return isAt(id) && positionOf(id) === position
}

/** A stream as the contract has it. */
export function streamOf(
  partitionKey: string,
  { eventTypes, partitionId, modelKey, modelId }: Asked,
): Stream {
  if (modelKey === partitionKey && partitionId !== undefined && modelId !== partitionId) {
    refuse(['modelId'], `the partitionId, since ${modelKey} is the partition key`, modelId)
  }
  const filter: DataFilter = {
    ...(partitionId !== undefined && { [partitionKey]: partitionId }),
    ...(modelKey !== undefined && modelId !== undefined && { [modelKey]: modelId }),
  }
  return { types: eventTypes, ...(Object.keys(filter).length > 0 && { filter }) }
}

/** An event id or a cursor as the contract has them. A cursor is told by its shape, which no ULID has. */
export function afterOf(seen: string | undefined): After | undefined {
  if (seen === undefined) return undefined
  return /^(?:\{.*\}|0|[1-9]\d{0,15}~.+)$/su.test(seen) ? seen : { eventId: seen }
}

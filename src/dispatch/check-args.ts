import {
  anything,
  filled,
  is,
  list,
  name,
  object,
  optional,
  refuse,
  whole,
  type Check,
} from '../store/check-value.ts'
import type { EventDefinitions } from '../event/definition.ts'
import type { AppendArgs } from './types.ts'

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/u

const time = is(
  'an ISO 8601 timestamp with its zone, such as 2026-01-31T12:00:00.000Z',
  (value) => typeof value === 'string' && TIME.test(value) && !Number.isNaN(Date.parse(value)),
)
const fromOne = is(
  'a whole number from 1',
  (value) => Number.isSafeInteger(value) && (value as number) > 0,
)
const hasMethod = (method: string) => (value: unknown) =>
  typeof (value as Readonly<Record<string, unknown>> | null | undefined)?.[method] === 'function'

const text = optional(filled)
const needed = { aggregateType: name, aggregateId: name, source: filled, eventType: name }
const more = {
  payload: anything,
  eventId: optional(name),
  expectedVersion: optional(whole),
  idempotencyKey: text,
  occurredAt: optional(time),
  schemaVersion: optional(fromOne),
  tenantId: text,
  correlationId: text,
  causationId: text,
  actorId: text,
}

/** What an event to dispatch may have. */
export const eventFields: readonly string[] = Object.keys({ ...needed, ...more })

const appendArgs: Check = object(needed, more)
const aggregate = { aggregateType: name, aggregateId: name }
const listArgs: Check = object(aggregate, {
  fromVersionExclusive: optional(whole),
  toVersionInclusive: optional(whole),
  limit: optional(fromOne),
  cursor: anything,
})
const config: Check = object(
  { store: is('an opened store', hasMethod('commit')) },
  { events: optional(is('what defineEvents has made', hasMethod('definitionOf'))) },
)

/** Refuses an event that could not be meant. `where` names it. */
export function checkAppendArgs(args: AppendArgs, where: string): void {
  appendArgs(args, [where])
}

export function checkAggregate(aggregateType: string, aggregateId: string, where: string): void {
  object(aggregate)({ aggregateType, aggregateId }, [where])
}

export function checkVersion(version: number, where: string): void {
  whole(version, [where, 'version'])
}

export function checkList(given: unknown, where: string): void {
  list(anything)(given, [where])
}

export function checkKey(key: unknown, where: string): void {
  filled(key, [where])
}

/** Refuses a schema version that is not the one that the definitions write. */
export function checkSchemaVersions(
  events: readonly AppendArgs[],
  definitions: EventDefinitions | undefined,
): void {
  events.forEach(({ eventType, schemaVersion }, index) => {
    const defined = definitions?.definitionOf(eventType)?.version ?? schemaVersion
    if (schemaVersion === undefined || schemaVersion === defined) return
    refuse(
      ['events', index, 'schemaVersion'],
      `${defined}, as ${eventType} is defined`,
      schemaVersion,
    )
  })
}

export function checkListArgs(args: unknown): void {
  listArgs(args, ['listEvents'])
}

export function checkConfig(given: unknown, where: string): void {
  config(given, [where])
}

/** Refuses names that are not known. */
export function checkNames(given: object, known: readonly string[], where: string): void {
  const unknown = Object.keys(given).find((key) => !known.includes(key))
  if (unknown !== undefined) refuse([where], `only the keys ${known.join(', ')}`, unknown)
}

/** A key stands for one commit. */
export function refuseKeyAlone(idempotencyKey: unknown): void {
  if (idempotencyKey !== undefined) {
    refuse(['dispatchEvents', 'idempotencyKey'], 'atomic: true beside it', idempotencyKey)
  }
}

import {
  anything,
  filled,
  is,
  list,
  name,
  object,
  oneOf,
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
  (value) =>
    typeof value === 'string' &&
    TIME.test(value) &&
    !Number.isNaN(Date.parse(value)) &&
    isDay(value.slice(0, 'yyyy-mm-dd'.length)),
)

/** Dates go on counting after the end of a month. */
function isDay(text: string): boolean {
  return new Date(text).toISOString().startsWith(text)
}

const fromOne = is(
  'a whole number from 1',
  (value) => Number.isSafeInteger(value) && (value as number) > 0,
)
const hasMethod = (method: string) => (value: unknown) =>
  typeof (value as Readonly<Record<string, unknown>> | null | undefined)?.[method] === 'function'

const text = optional(filled)
const flag = optional(oneOf(true, false))
const service = optional(is('an event service', hasMethod('appendEvent')))
const aggregate = { aggregateType: name, aggregateId: name }
const needed = { ...aggregate, source: filled, eventType: name }
const shared = {
  payload: anything,
  expectedVersion: optional(whole),
  idempotencyKey: text,
  occurredAt: optional(time),
  schemaVersion: optional(fromOne),
  tenantId: text,
  correlationId: text,
  causationId: text,
  actorId: text,
}

/** Refuses an argument that could not be meant. `where` names it. */
type ArgumentCheck = (given: unknown, where: string) => void
const argument =
  (check: Check): ArgumentCheck =>
  (given, where) =>
    check(given, [where])

export const checkAppendArgs: ArgumentCheck = argument(
  object(needed, { ...shared, eventId: optional(name) }),
)
/** Fields that all events of a dispatch may share, their values yet to be made. */
export const checkDefaults: ArgumentCheck = argument(
  object(
    {},
    Object.fromEntries(Object.keys({ ...needed, ...shared }).map((key) => [key, anything])),
  ),
)
export const checkListArgs: ArgumentCheck = argument(
  object(aggregate, {
    fromVersionExclusive: optional(whole),
    toVersionInclusive: optional(whole),
    limit: optional(fromOne),
    cursor: anything,
  }),
)
export const checkConfig: ArgumentCheck = argument(
  object(
    { store: is('an opened store', hasMethod('commit')) },
    { events: optional(is('what defineEvents has made', hasMethod('definitionOf'))) },
  ),
)
export const checkAggregate: ArgumentCheck = argument(object(aggregate))
export const checkVersion: ArgumentCheck = argument(whole)
export const checkList: ArgumentCheck = argument(list(anything))
export const checkSettings: ArgumentCheck = argument(object({}, { service }))
export const checkKeyOptions: ArgumentCheck = argument(object({}, { idempotencyKey: text }))
export const checkManyOptions: ArgumentCheck = argument(
  object({}, { inOrder: flag, atomic: flag, idempotencyKey: text, service }),
)
export const checkHandlerOptions: ArgumentCheck = argument(
  object({}, { unknown: optional(oneOf('ignore', 'refuse')) }),
)

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

/** A key stands for one commit. */
export function refuseKeyAlone(idempotencyKey: unknown): void {
  if (idempotencyKey !== undefined) {
    refuse(['dispatchEvents', 'idempotencyKey'], 'atomic: true beside it', idempotencyKey)
  }
}

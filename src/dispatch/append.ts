import { copyOf } from '../store/copy.ts'
import { getEventContext } from '../event/context.ts'
import type { NewEvent } from '../event/event.ts'
import { createEventId } from '../event/id.ts'
import { anyObject, refuse } from '../store/check-value.ts'
import { nameOf } from '../store/check-commit.ts'
import type { Expectation } from '../store/commit.ts'
import { checkAppendArgs } from './check-args.ts'
import type { AppendArgs } from './types.ts'

/** A new id of an event. */
export function newEventId(): string {
  return `evt-${createEventId()}`
}

/**
 * The event with what the context has and it has not, and with a payload that nobody else can change.
 * Taken at once, before anything is waited for.
 */
export function withContext(args: AppendArgs, where: string): AppendArgs {
  anyObject(args, [where])
  const { correlationId, causationId, actorId, tenantId, source } = getEventContext()
  const given = Object.entries(args).filter(([, value]) => value !== undefined)
  const context = { correlationId, causationId, actorId, tenantId, source }
  const event = { ...context, ...Object.fromEntries(given) } as AppendArgs
  checkAppendArgs(event, where)
  return { ...event, payload: copyOf(event.payload) }
}

/** An event as the log has it. */
export function toNewEvent(args: AppendArgs): NewEvent {
  const { source, tenantId, correlationId, causationId, actorId } = args
  const { occurredAt, idempotencyKey, schemaVersion = 1, payload = null } = args
  return {
    id: args.eventId ?? newEventId(),
    type: args.eventType,
    data: payload,
    aggregate: { type: args.aggregateType, id: args.aggregateId },
    metadata: {
      source,
      tenantId,
      correlationId,
      causationId,
      actorId,
      occurredAt,
      idempotencyKey,
      schemaVersion: schemaVersion === 1 ? undefined : schemaVersion,
    },
  }
}

/** A commit is known by one key: those of its events would be lost. */
export function refuseOwnKeys(events: readonly AppendArgs[]): void {
  events.forEach(({ idempotencyKey }, index) => {
    if (idempotencyKey === undefined) return
    const expected = 'none, but one for all of them, as { idempotencyKey } of the options'
    refuse(['events', index, 'idempotencyKey'], expected, idempotencyKey)
  })
}

/**
 * The versions that aggregates must have before any of the events is there: an event that follows
 * others of its aggregate expects what those will have made.
 */
export function expectations(events: readonly AppendArgs[]): Expectation[] {
  const before = new Map<string, number>()
  const expected = new Map<string, Expectation>()
  events.forEach(({ aggregateType: type, aggregateId: id, expectedVersion }, index) => {
    const name = nameOf({ type, id })
    const place = before.get(name) ?? 0
    before.set(name, place + 1)
    if (expectedVersion === undefined) return
    const version = expectedVersion - place
    const { version: known = Math.max(version, 0) } = expected.get(name) ?? {}
    if (version !== known) {
      const fits = `${known + place}: ${place} before it in the list, of the same aggregate, count`
      refuse(['events', index, 'expectedVersion'], fits, expectedVersion)
    }
    expected.set(name, { aggregate: { type, id }, version })
  })
  return [...expected.values()]
}

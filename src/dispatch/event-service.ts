import { eventReader, readAll } from '../client/read-events.ts'
import { resend } from '../client/resend.ts'
import { shortName } from '../client/short-name.ts'
import { writableEvents } from '../client/write-events.ts'
import type { EventDefinitions } from '../event/definition.ts'
import { IdempotencyError, isEventfoldError } from '../store/errors.ts'
import type { EventStore } from '../store/store.ts'
import { expectations, refuseOwnKeys, toNewEvent, withContext } from './append.ts'
import {
  checkAggregate,
  checkConfig,
  checkKeyOptions,
  checkList,
  checkListArgs,
  checkSchemaVersions,
  checkVersion,
} from './check-args.ts'
import { eventSk, versionOfCursor } from './keys.ts'
import { toHead, toRecord, toResult, type AggregateEvent } from './records.ts'
import type {
  AggregateHead,
  AppendArgs,
  AppendEventResult,
  EventRecord,
  PaginationResponse,
} from './types.ts'

/** What {@link EventService.listEvents} takes. */
export interface ListEventsArgs {
  readonly aggregateType: string
  readonly aggregateId: string
  /** Default is 0: from the first. */
  readonly fromVersionExclusive?: number | undefined
  /** Default is the newest. */
  readonly toVersionInclusive?: number | undefined
  /** How many on a page. Default is all. */
  readonly limit?: number | undefined
  /** Where the page before ended. */
  readonly cursor?: string | null | undefined
}

/** The events of aggregates on one store. */
export interface EventService {
  /**
   * Appends an event as the next version of its aggregate. A lost answer is asked for again, so that
   * the event is stored once. Throws `CONFLICT` where the aggregate is not at `expectedVersion`,
   * `IDEMPOTENCY_MISMATCH` where its id or its key is known with other content, `INVALID_ARGUMENT`, and
   * what the store throws.
   */
  appendEvent<Payload>(args: AppendArgs<Payload>): Promise<AppendEventResult>
  /**
   * Appends events of any aggregates in one commit, all or nothing. The one idempotency key that such a
   * commit may have is an option.
   */
  appendEvents(
    events: readonly AppendArgs[],
    options?: { readonly idempotencyKey?: string | undefined },
  ): Promise<AppendEventResult[]>
  /** `undefined` where the aggregate has no events. */
  getHead(aggregateType: string, aggregateId: string): Promise<AggregateHead | undefined>
  /** `undefined` where the aggregate has no such version. */
  getEvent(
    aggregateType: string,
    aggregateId: string,
    version: number,
  ): Promise<EventRecord | undefined>
  /** A page of an aggregate's events, oldest first. An empty range is an empty page. */
  listEvents(params: ListEventsArgs): Promise<PaginationResponse<EventRecord>>
}

/** What {@link createEventService} and {@link initEvents} take. */
export interface EventServiceConfig {
  readonly store: EventStore
  /**
   * Checks payloads against the schemas of their types when they are appended, and brings old ones up to
   * date when they are read. Default is that any payload passes.
   */
  readonly events?: EventDefinitions | undefined
}

/**
 * The events of aggregates on a store, with the versions 1, 2, 3… They are ordinary events: streams read
 * them, conditions guard them, projections fold them.
 *
 * ```ts
 * const service = createEventService({ store })
 * const wallet = { aggregateType: 'wallet', aggregateId: 'wal_123', source: 'billing' }
 * await service.appendEvent({ ...wallet, eventType: 'Wallet.Opened', expectedVersion: 0 })
 * const head = await service.getHead('wallet', 'wal_123')
 * console.assert(head?.currentVersion === 1)
 * ```
 */
export function createEventService(config: EventServiceConfig): EventService {
  checkConfig(config, 'createEventService')
  const { store, events: definitions } = config
  const reader = definitions && eventReader(definitions, {})

  /** The scope of the key is what may use it for something else. */
  const append = async (
    events: readonly AppendArgs[],
    given: string | undefined,
    scope: readonly string[],
  ): Promise<AppendEventResult[]> => {
    const expect = expectations(events)
    checkSchemaVersions(events, definitions)
    // Their ids are made here, once: whatever is sent again is known again.
    const made = events.map((event) => toNewEvent({ ...event, idempotencyKey: given }))
    const key = given === undefined ? undefined : await shortName(['dispatch', ...scope, given])
    const idempotency = key === undefined ? undefined : { key }
    const sent = definitions ? await writableEvents(definitions, made) : made
    try {
      const committed = await resend(() => store.commit({ events: sent, expect, idempotency }), {})
      return committed.events.map((event) => toResult(event as AggregateEvent))
    } catch (error) {
      const isKey = isEventfoldError(error, 'IDEMPOTENCY_MISMATCH') && error.key === key
      throw isKey ? new IdempotencyError('idempotency key', given as string) : error
    }
  }

  /** A range of versions, both inclusive. */
  const versions = async (
    aggregateType: string,
    aggregateId: string,
    fromVersion: number,
    toVersion?: number,
  ): Promise<EventRecord[]> => {
    const streams = [{ aggregate: { type: aggregateType, id: aggregateId } }]
    const range = { fromVersion, toVersion }
    const { events } = await resend(() => store.load(streams, range), {})
    const current = reader ? await readAll(reader, events) : events
    return current.map((event) => toRecord(event as AggregateEvent))
  }

  return {
    appendEvent: async (args) => {
      const event = withContext(args, 'event')
      const [result] = await append([event], event.idempotencyKey, [
        event.aggregateType,
        event.aggregateId,
      ])
      return result as AppendEventResult
    },
    appendEvents: async (given, options = {}) => {
      checkKeyOptions(options, 'appendEvents.options')
      checkList(given, 'appendEvents')
      if (given.length === 0) return []
      const events = given.map((args, index) => withContext(args, `events.${index}`))
      refuseOwnKeys(events)
      return append(events, options.idempotencyKey, [])
    },
    getHead: async (aggregateType, aggregateId) => {
      checkAggregate({ aggregateType, aggregateId }, 'getHead')
      const streams = [{ aggregate: { type: aggregateType, id: aggregateId } }]
      const newest = { backwards: true, limit: 1 }
      const [event] = await resend(() => Array.fromAsync(store.read(streams, newest)), {})
      return event && toHead(event as AggregateEvent)
    },
    getEvent: async (aggregateType, aggregateId, version) => {
      checkAggregate({ aggregateType, aggregateId }, 'getEvent')
      checkVersion(version, 'getEvent.version')
      return (await versions(aggregateType, aggregateId, version, version))[0]
    },
    listEvents: async (params) => {
      checkListArgs(params, 'listEvents')
      const { aggregateType, aggregateId, fromVersionExclusive = 0 } = params
      const { cursor, limit = Infinity, toVersionInclusive: last = Infinity } = params
      const seen = Math.max(fromVersionExclusive, cursor == null ? 0 : versionOfCursor(cursor))
      // One more than the page has: whether there is another page.
      const to = Math.min(last, seen + limit + 1)
      const upTo = Number.isSafeInteger(to) ? to : undefined
      const from = Math.min(seen + 1, Number.MAX_SAFE_INTEGER)
      const found = await versions(aggregateType, aggregateId, from, upTo)
      const data = found.slice(0, Math.min(limit, found.length))
      const hasMore = found.length > data.length
      return { data, cursor: hasMore ? eventSk(seen + data.length) : null, hasMore }
    },
  }
}

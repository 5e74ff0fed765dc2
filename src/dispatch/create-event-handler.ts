import { withEventContext, type EventContext } from '../event/context.ts'
import { anyObject, refuse } from '../store/check-value.ts'
import { ArgumentError } from '../store/errors.ts'
import { show } from '../store/show.ts'
import { checkHandlerOptions } from './check-args.ts'
import type { EventRecord } from './types.ts'

/** Does something about an event. */
export type EventCallback<Event extends EventRecord> = {
  // A method, so that the parameter may be annotated with the payload.
  handle(event: Event): unknown
}['handle']

/** The events of a type, also out of those that stand for several types. */
type OfEventType<Event extends EventRecord, Type> = Event extends EventRecord
  ? Type extends Event['eventType']
    ? Event & { readonly eventType: Type }
    : never
  : never

/** A handler for each event type, or the name of another entry whose handler it shares. */
export type EventHandlers<Event extends EventRecord = EventRecord, Alias extends string = never> = {
  readonly [Type in Event['eventType']]?:
    | EventCallback<OfEventType<Event, Type>>
    | Event['eventType']
    | Alias
} & { readonly [Name in Alias]?: Event['eventType'] | Alias }

export interface EventHandlerOptions {
  /** What happens to an event without a handler: `'refuse'` throws. Default is `'ignore'`. */
  readonly unknown?: 'ignore' | 'refuse' | undefined
}

/**
 * One function for events of many types. The handler of an event runs in an event context of its own,
 * with the event as the cause and its correlation, actor and tenant: what it dispatches carries them.
 * With {@link DispatchedRecord} as the type argument, payloads are typed.
 *
 * ```ts
 * const handle = createEventHandler({
 *   'Wallet.Funded': async (event: EventRecord<{ amount: number }>) => {
 *     console.assert(getEventContext().causationId === event.eventId)
 *   },
 *   'Wallet.Credited': 'Wallet.Funded',
 * })
 * const service = createEventService({ store })
 * const { data } = await service.listEvents({ aggregateType: 'wallet', aggregateId: 'wal_123' })
 * for (const event of data) await handle(event)
 * ```
 */
export function createEventHandler<
  // oxlint-disable-next-line no-unnecessary-type-parameters -- the caller says which events there are
  Event extends EventRecord = EventRecord,
  // oxlint-disable-next-line no-unnecessary-type-parameters -- as above
  Alias extends string = never,
>(
  handlers: NoInfer<EventHandlers<Event, Alias>>,
  options: EventHandlerOptions = {},
): (event: EventRecord) => Promise<void> {
  checkHandlerOptions(options, 'createEventHandler.options')
  anyObject(handlers, ['createEventHandler'])
  const callbacks = resolved(handlers)
  return async (event) => {
    for (const name of ['eventType', 'eventId'] as const) {
      if (typeof event?.[name] !== 'string') refuse(['event', name], 'a string', event)
    }
    const { eventType, eventId } = event
    const handle = callbacks.get(eventType)
    if (handle) {
      await withEventContext(contextOf(event), async () => handle(event))
    } else if (options.unknown === 'refuse') {
      const known = [...callbacks.keys()].join(', ')
      throw new ArgumentError(
        `no handler for ${show(eventType)} ${eventId}: add one to createEventHandler, which has ${known}`,
      )
    }
  }
}

function contextOf(event: EventRecord): EventContext {
  const { eventId, correlationId, actorId, tenantId } = event
  const context = { causationId: eventId, correlationId, actorId, tenantId }
  return Object.fromEntries(Object.entries(context).filter(([, value]) => value !== undefined))
}

type Callbacks = Map<string, EventCallback<EventRecord>>

/** The handler of each name, at the end of its aliases. */
function resolved(handlers: object): Callbacks {
  const entries = new Map<string, unknown>(Object.entries(handlers))
  const callbacks: Callbacks = new Map()
  for (const name of entries.keys()) {
    if (entries.get(name) === undefined) continue
    const passed = new Set<string>()
    let at = name
    for (let next = entries.get(at); typeof next === 'string'; next = entries.get(at)) {
      passed.add(at)
      if (passed.has(next)) {
        refuse(['createEventHandler', name], 'an alias that leads to a handler', next)
      }
      at = next
    }
    const callback = entries.get(at)
    if (typeof callback !== 'function') {
      refuse(['createEventHandler', at], 'a handler, or the name of one', callback)
    }
    callbacks.set(name, callback as EventCallback<EventRecord>)
  }
  return callbacks
}

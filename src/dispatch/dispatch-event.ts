import { getEventContext, withEventContext } from '../event/context.ts'
import { withContext } from './append.ts'
import { checkList, checkManyOptions, checkSettings, refuseKeyAlone } from './check-args.ts'
import { getEventService } from './current-service.ts'
import type { EventService } from './event-service.ts'
import type { AppendEventResult, DispatchEventArgs } from './types.ts'

/** Events on their way at once. */
const LANES = 256

/** Where to dispatch to. */
export interface DispatchSettings {
  /** Default is the service of `initEvents`. */
  readonly service?: EventService | undefined
}

/** How several events are dispatched. */
export interface DispatchEventsOptions extends DispatchSettings {
  /** One after the other; the first that fails is the last. Default is `false`: all at once. */
  readonly inOrder?: boolean | undefined
  /** All or nothing, in order, in one commit. Default is `false`. */
  readonly atomic?: boolean | undefined
  /** With `atomic`: makes the commit safe to repeat. */
  readonly idempotencyKey?: string | undefined
}

/**
 * Appends an event as the next version of its aggregate. What the event does not say of correlation,
 * causation, actor, tenant and source is taken from the event context. See
 * {@link EventService.appendEvent} for the errors.
 */
export async function dispatchEvent<Payload>(
  event: DispatchEventArgs<Payload>,
  settings: DispatchSettings = {},
): Promise<AppendEventResult> {
  checkSettings(settings, 'dispatchEvent.settings')
  return (settings.service ?? getEventService()).appendEvent(event)
}

/**
 * Dispatches several events; answers in their order. By default all at once: each is stored or not by
 * itself, the order among them is open, and the first failure is thrown when all have come to their
 * end.
 *
 * ```ts
 * initEvents({ store })
 * const wallet = { aggregateType: 'wallet', aggregateId: 'wal_456', source: 'billing' }
 * const opened = { ...wallet, eventType: 'Wallet.Opened', expectedVersion: 0 }
 * const funded = { ...wallet, eventType: 'Wallet.Funded', payload: { amount: 5000 } }
 * const results = await dispatchEvents([opened, funded], { atomic: true })
 * console.assert(results[1]?.version === 2)
 * ```
 */
export async function dispatchEvents(
  events: readonly DispatchEventArgs[],
  options: DispatchEventsOptions = {},
): Promise<AppendEventResult[]> {
  checkManyOptions(options, 'dispatchEvents.options')
  const { service = getEventService(), inOrder, atomic, idempotencyKey } = options
  checkList(events, 'dispatchEvents')
  if (atomic) return service.appendEvents(events, { idempotencyKey })
  refuseKeyAlone(idempotencyKey)
  const context = getEventContext()
  // All at once: the list and what is in it may change while the first ones are on their way.
  const taken = await Promise.allSettled(
    Array.from(events, async (event, index) => withContext(event, `events.${index}`)),
  )
  const settled: PromiseSettledResult<AppendEventResult>[] = []
  const waiting = taken.entries()
  const lane = async (): Promise<void> => {
    for (const [index, event] of waiting) {
      const append = async () => {
        if (event.status === 'rejected') throw event.reason
        return service.appendEvent(event.value)
      }
      const [result] = await Promise.allSettled([withEventContext(context, append)])
      settled[index] = result
      if (inOrder && result.status === 'rejected') return
    }
  }
  await Promise.all(Array.from({ length: inOrder ? 1 : Math.min(LANES, taken.length) }, lane))
  const failed = settled.find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
  return settled.map((result) => (result as PromiseFulfilledResult<AppendEventResult>).value)
}

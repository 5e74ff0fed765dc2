import { getEventContext } from '../event/context.ts'
import { anyObject, isObject, refuse } from '../store/check-value.ts'
import { newEventId } from './append.ts'
import { checkDefaults, checkSettings } from './check-args.ts'
import { dispatchEvent, type DispatchSettings } from './dispatch-event.ts'
import type {
  CheckedRecord,
  Dispatch,
  DispatchContext,
  DispatchRecord,
  DispatchDefaults,
  Factory,
  KnownDefaults,
  MissingFields,
} from './dispatch-types.ts'
import type { DispatchEventArgs } from './types.ts'

/**
 * Functions that dispatch the events of an aggregate type. Each takes what its builder takes; the
 * builder gives the fields of the event, or makes them of the context, all at once or one by one.
 * `defaults` gives fields that all events share: a field of the event goes before one of the defaults,
 * and both go before the event context.
 *
 * ```ts
 * initEvents({ store })
 * const dispatch = createDispatch(
 *   {
 *     funded: (walletId: string, amount: number) => ({
 *       aggregateId: walletId,
 *       eventType: 'Wallet.Funded',
 *       payload: { amount },
 *     }),
 *   },
 *   { aggregateType: 'wallet', source: 'billing' },
 * )
 * const { version } = await dispatch.funded('wal_789', 5000)
 * console.assert(version === 1)
 * ```
 */
export function createDispatch<
  const Builders extends DispatchRecord,
  const Defaults extends DispatchDefaults & KnownDefaults<Defaults> & MissingFields<Builders>,
>(
  record: Builders & CheckedRecord<Builders, unknown>,
  defaults: Defaults | Factory<Defaults>,
  settings?: DispatchSettings,
): Dispatch<Builders, Defaults>
export function createDispatch<
  const Builders extends DispatchRecord,
  const Defaults extends DispatchDefaults = {},
>(
  record: Builders & CheckedRecord<Builders, Defaults>,
  defaults?: (Defaults & KnownDefaults<Defaults>) | Factory<Defaults & KnownDefaults<Defaults>>,
  settings?: DispatchSettings,
): Dispatch<Builders, Defaults>
export function createDispatch(
  record: DispatchRecord,
  defaults: unknown = {},
  settings: DispatchSettings = {},
): Readonly<Record<string, unknown>> {
  checkSettings(settings, 'createDispatch.settings')
  anyObject(record, ['createDispatch', 'record'])
  if (typeof defaults !== 'function') checkDefaults(defaults, 'createDispatch.defaults')
  const functions = Object.entries(record).map(([name, build]) => {
    if (typeof build !== 'function') refuse(['createDispatch', name], 'a function', build)
    const dispatch = async (...args: never[]) => {
      const context: DispatchContext = { ...getEventContext(), eventId: newEventId() }
      const shared = fieldsOf(defaults, context, 'defaults')
      checkDefaults(shared, 'createDispatch.defaults')
      const own = fieldsOf(build(...args), context, name)
      const event = { eventId: context.eventId, ...shared, ...own }
      return dispatchEvent(event as unknown as DispatchEventArgs, settings)
    }
    return [name, dispatch]
  })
  return Object.fromEntries(functions)
}

/** The fields that are there, after every factory has made its value. */
function fieldsOf(given: unknown, context: DispatchContext, name: string): object {
  const fields = made(given, context)
  if (!isObject(fields) || fields instanceof Promise) {
    refuse(['createDispatch', name], 'fields of an event', fields)
  }
  const values = Object.entries(fields).map(([key, value]) => [key, made(value, context)] as const)
  return Object.fromEntries(values.filter(([, value]) => value !== undefined))
}

function made(given: unknown, context: DispatchContext): unknown {
  return typeof given === 'function' ? (given(context) as unknown) : given
}

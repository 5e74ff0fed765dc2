import type { EventShape } from '../../event/event.ts'
import {
  anyObject,
  anything,
  checkAt,
  isObject,
  object,
  optional,
  type Check,
} from '../../store/check-value.ts'
import type { CallOptions, KnexClient } from './client.ts'

/** Calls whose options stand beside what they save. */
const OPTIONS_LAST = new Set(['saveEvent', 'saveEvents', 'commit'])
const WITHOUT_OPTIONS = new Set(['within', 'close'])
const calling = { tx: anything, signal: anything }
const reading = { streams: anything, afterId: anything, limit: anything, ...calling }
const validating = {
  latestEventId: anything,
  streams: anything,
  idempotencyKey: anything,
  ...calling,
}
/** Of these calls the core does not see every key; one that is not known, such as `trx`, is no `tx`. */
const CHECKS: Readonly<Record<string, Check>> = {
  saveEventWithStreamValidation: object({}, { event: anything, ...validating }),
  saveEventsWithStreamValidation: object({}, { events: anything, ...validating }),
  getEventStreams: object({}, reading),
  readEvents: object({}, { backwards: anything, ...reading }),
}
/** What is saved is looked at by its schema. */
const EVENTS_FIRST = new Set(['saveEvent', 'saveEvents'])

// A transaction that is given as it is, and not as `{ tx }`, must not be left out unseen.
const lastOptions = optional(
  object({}, { tx: anything, signal: anything, idempotencyKey: anything }),
)

type Call = (...args: unknown[]) => unknown

/** Makes every call of a client take `tx`, the transaction to run on. */
export function withTransactions<Client extends KnexClient<EventShape, EventShape>>(
  client: Client,
): Client {
  /** The call on the transaction that its options name, if any; without `tx`. */
  const placed = (name: string, args: unknown[]): unknown => {
    const at = OPTIONS_LAST.has(name) ? 1 : 0
    if (!EVENTS_FIRST.has(name)) checkAt(name, CHECKS[name] ?? anyObject, args[0], [])
    if (at === 1) checkAt('options', lastOptions, args[1], [])
    const { tx, ...options } = isObject(args[at]) ? (args[at] as CallOptions) : {}
    const on = tx === undefined ? client : client.within(tx)
    const inside = isObject(args[at]) ? args.with(at, options) : args
    return (on as unknown as Record<string, Call>)[name]?.(...inside)
  }
  const calls = Object.entries(client).map(([name, call]: [string, Call]) => {
    if (WITHOUT_OPTIONS.has(name)) return [name, call]
    if (name !== 'readEvents') return [name, async (...args: unknown[]) => placed(name, args)]
    const read = async function* (...args: unknown[]) {
      yield* placed(name, args) as AsyncIterable<unknown>
    }
    return [name, read]
  })
  return Object.fromEntries(calls) as Client
}

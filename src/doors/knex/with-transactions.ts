import type { EventShape } from '../../event/event.ts'
import { isObject } from '../../store/check-value.ts'
import type { CallOptions, KnexClient } from './client.ts'

/** Calls whose options stand beside what they save. */
const OPTIONS_LAST = new Set(['saveEvent', 'saveEvents', 'commit'])
const WITHOUT_OPTIONS = new Set(['within', 'close'])

type Call = (...args: unknown[]) => unknown

/** Makes every call of a client take `tx`, the transaction to run on. */
export function withTransactions<Client extends KnexClient<EventShape, EventShape>>(
  client: Client,
): Client {
  const calls = Object.entries(client).map(([name, call]: [string, Call]) => {
    if (WITHOUT_OPTIONS.has(name)) return [name, call]
    const at = OPTIONS_LAST.has(name) ? 1 : 0
    return [
      name,
      (...args: unknown[]) => {
        if (!isObject(args[at])) return call(...args)
        const { tx, ...options } = args[at] as CallOptions
        const inside = args.with(at, options)
        if (tx === undefined) return call(...inside)
        return (client.within(tx) as unknown as Record<string, Call>)[name]?.(...inside)
      },
    ]
  })
  return Object.fromEntries(calls) as Client
}

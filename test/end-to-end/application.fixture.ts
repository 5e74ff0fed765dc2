import {
  createDispatch,
  createEventClient,
  createEventService,
  defineEvents,
  defineProjection,
  type EventRecord,
} from 'eventfold'
import { createEventFunctions, type EventBase } from 'eventfold/dynamodb'
import { createEventListener } from 'eventfold/sqs'
import { z } from 'zod'

interface PriceEvent<Type extends string> extends EventBase<Type> {
  type: Type
  data: { store_id: string; product_id: string; change: number; price: number }
}
type PriceTypes = 'PRICE_LOWERED' | 'PRICE_RAISED'
type PriceEvents = PriceEvent<'PRICE_LOWERED'> | PriceEvent<'PRICE_RAISED'>

/** One record for each type: handlers are found by it. */
type Records<Types extends string, Payload> = Types extends unknown
  ? EventRecord<Payload, Types>
  : never
type WalletRecords = Records<'Wallet.Funded' | 'Wallet.Withdrawn', { amount: number }>
type PriceRecords = Records<PriceTypes, PriceEvents['data']>

interface Balance {
  readonly amount: number
  readonly version: number
}

export type HandlerFault = 'before' | 'after'

const price = z.object({
  store_id: z.string(),
  product_id: z.string(),
  change: z.number(),
  price: z.number(),
})
const priceEvents = defineEvents({ PRICE_LOWERED: price, PRICE_RAISED: price })

/** An application: wallets are dispatched to, prices are saved, both are shown by what listens to the queue. */
export function openApplication(
  client: Parameters<typeof createEventFunctions>[0],
  tableName: string,
) {
  const prices = createEventFunctions<PriceTypes, PriceEvents>(client, tableName, 'store_id')
  const { store } = prices
  const service = createEventService({ store })
  const wallets = createDispatch(
    {
      funded: (aggregateId: string, amount: number) => ({
        aggregateId,
        eventType: 'Wallet.Funded',
        payload: { amount },
      }),
      withdrawn: (aggregateId: string, amount: number) => ({
        aggregateId,
        eventType: 'Wallet.Withdrawn',
        payload: { amount },
      }),
    },
    { aggregateType: 'wallet', source: 'billing' },
    { service },
  )
  const reader = createEventClient({ store, events: priceEvents })
  const priceView = defineProjection(priceEvents, {
    type: 'price',
    streams: (product_id) => [{ types: ['PRICE_LOWERED', 'PRICE_RAISED'], filter: { product_id } }],
    initialState: { changes: 0, price: 0 },
    evolve: {
      PRICE_LOWERED: ({ changes }, { data }) => ({ changes: changes + 1, price: data.price }),
      PRICE_RAISED: ({ changes }, { data }) => ({ changes: changes + 1, price: data.price }),
    },
  })

  /** Adds one event to what was saved: an event that is not the next one would be seen. */
  const addToBalance = async (
    { aggregateId, version, eventType, payload }: WalletRecords,
    missing: (what: string) => void,
  ): Promise<void> => {
    const saved = await store.documents.get('balance', aggregateId)
    const before = (saved?.data ?? { amount: 0, version: 0 }) as Balance
    if (version <= before.version) return
    if (version > before.version + 1) missing(`${aggregateId}: ${version} after ${before.version}`)
    const amount = eventType === 'Wallet.Funded' ? payload.amount : -payload.amount
    const data: Balance = { amount: before.amount + amount, version }
    const guard = saved ? ({ revision: saved.revision } as const) : 'absent'
    await store.commit({
      documents: [{ type: 'balance', id: aggregateId, data, if: guard, otherwise: 'refuse' }],
    })
  }

  return {
    store,
    service,
    wallets,
    prices,
    balanceOf: async (id: string) => (await store.documents.get('balance', id))?.data,
    priceOf: async (id: string) => (await priceView.get(reader, id))?.data,
    /** A process of the listener. */
    startListener: (journal: Journal, fault: () => HandlerFault | undefined) => {
      const taken = async (
        event: EventRecord,
        [group, number]: readonly [string, number],
        work: () => Promise<unknown>,
      ): Promise<void> => {
        const met = fault()
        if (met === 'before') throw new Error('nothing was done')
        journal.deliver(group, number)
        await work()
        journal.note(group, number, event.eventId)
        if (met === 'after') throw new Error('all was done')
      }
      return createEventListener<WalletRecords | PriceRecords>(
        {
          'Wallet.Funded': (event) =>
            taken(event, [event.aggregateId, event.version], () =>
              addToBalance(event, journal.missing),
            ),
          'Wallet.Withdrawn': 'Wallet.Funded',
          PRICE_LOWERED: (event) =>
            taken(event, [event.payload.product_id, event.payload.change], () =>
              priceView.save(reader, event.payload.product_id),
            ),
          PRICE_RAISED: 'PRICE_LOWERED',
        },
        { log: { debug: () => {}, info: () => {}, error: () => {} }, unknown: 'refuse' },
      )
    },
  }
}

export type Application = ReturnType<typeof openApplication>

/** What the listener has handled. */
export interface Journal {
  readonly deliver: (group: string, number: number) => void
  readonly note: (group: string, number: number, id: string) => void
  readonly missing: (what: string) => never
  /** By group, in the order in which they were handled first. */
  readonly numbers: Map<string, number[]>
  readonly ids: Set<string>
  readonly repeated: () => number
}

/** `onMissing` hears of an event that came before an earlier one of its group. */
export function createJournal(onMissing: (error: Error) => void): Journal {
  const numbers = new Map<string, number[]>()
  const ids = new Set<string>()
  let repeated = 0
  const missing = (what: string): never => {
    const error = new Error(`An event has come before an earlier one: ${what}`)
    onMissing(error)
    throw error
  }
  return {
    numbers,
    ids,
    missing,
    repeated: () => repeated,
    deliver: (group, number) => {
      const last = numbers.get(group)?.at(-1) ?? 0
      if (number <= last) repeated += 1
      if (number > last + 1) missing(`${group}: ${number} after ${last}`)
    },
    note: (group, number, id) => {
      if (ids.has(id)) return
      ids.add(id)
      numbers.set(group, [...(numbers.get(group) ?? []), number])
    },
  }
}

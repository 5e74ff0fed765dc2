import { dispatchEvents, type EventRecord } from 'eventfold'
import type { Application } from './application.fixture.ts'
import { pick, type Random } from './deck.fixture.ts'

export const WALLETS = ['wal_ann', 'wal_ben', 'wal#cleo']
export const PRODUCTS = ['prod_tea', 'prod_rye']

/** What the views must show: what writers were told is stored. */
export interface Written {
  readonly balances: ReadonlyMap<string, number>
  readonly latest: ReadonlyMap<string, number>
}

/** What the log has: the ids of its events, and what they add up to. */
export interface Fold {
  readonly ids: readonly string[]
  readonly balances: ReadonlyMap<string, object>
  readonly latest: ReadonlyMap<string, object>
}

/** Writes from all sides. */
export async function write(
  { wallets, prices, service }: Application,
  random: Random,
): Promise<Written> {
  const balances = new Map<string, number>()
  const latest = new Map<string, number>()
  const add = (id: string, amount: number) => balances.set(id, (balances.get(id) ?? 0) + amount)
  const moveMoney = async (id: string): Promise<void> => {
    for (let step = 1; step <= 5; step += 1) {
      const amounts = Array.from({ length: 3 }, () => 1 + Math.floor(random() * 100))
      await Promise.all(amounts.map((amount) => wallets.funded(id, amount)))
      await wallets.withdrawn(id, amounts[0]!)
      add(id, amounts[1]! + amounts[2]!)
      const to = pick(random, WALLETS)
      const half = { aggregateType: 'wallet', source: 'billing', payload: { amount: 1 } }
      const both = [
        { ...half, aggregateId: id, eventType: 'Wallet.Withdrawn' },
        { ...half, aggregateId: to, eventType: 'Wallet.Funded' },
      ]
      await dispatchEvents(both, { service, atomic: true, idempotencyKey: `${id} ${step}` })
      add(id, -1)
      add(to, 1)
    }
  }
  const changePrices = async (product_id: string): Promise<void> => {
    for (let change = 1; change <= 10; change += 1) {
      const price = 1 + Math.floor(random() * 100)
      const type = price < (latest.get(product_id) ?? 50) ? 'PRICE_LOWERED' : 'PRICE_RAISED'
      const event = { type, data: { store_id: 'north', product_id, change, price } } as const
      if (change % 2) await prices.saveEvent(event)
      else {
        const outbox = [{ type: 'new-price', data: { product_id, price } }]
        await prices.commit({ events: [event], outbox })
      }
      latest.set(product_id, price)
    }
  }
  await Promise.all([...WALLETS.map(moveMoney), ...PRODUCTS.map(changePrices)])
  return { balances, latest }
}

/** Reads the log from its beginning. */
export async function foldOf({ service, prices }: Application): Promise<Fold> {
  const ids: string[] = []
  const balances = new Map<string, object>()
  const latest = new Map<string, object>()
  for (const id of WALLETS) {
    const { data } = await service.listEvents({ aggregateType: 'wallet', aggregateId: id })
    const events = data as EventRecord<{ amount: number }>[]
    ids.push(...events.map(({ eventId }) => eventId))
    const signed = events.map(({ eventType, payload: { amount } }) =>
      eventType === 'Wallet.Funded' ? amount : -amount,
    )
    const amount = signed.reduce((sum, one) => sum + one, 0)
    balances.set(id, { amount, version: events.length })
  }
  for (const modelId of PRODUCTS) {
    const eventTypes = ['PRICE_LOWERED', 'PRICE_RAISED'] as const
    const events = await prices.getEventStream({ eventTypes, modelKey: 'product_id', modelId })
    ids.push(...events.map(({ id }) => id))
    latest.set(modelId, { changes: events.length, price: events.at(-1)?.data.price })
  }
  return { ids, balances, latest }
}

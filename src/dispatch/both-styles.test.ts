import { expect, test } from 'vitest'
import { z } from 'zod'
import { Aggregate } from '../aggregate/aggregate.ts'
import { createEvent } from '../aggregate/create-event.ts'
import { Processor } from '../aggregate/processor.ts'
import { createEventClient } from '../client/create-client.ts'
import { defineDecision } from '../decide/decision.ts'
import { defineEvents } from '../event/definition.ts'
import { createEventService } from './event-service.ts'
import { everyStore } from '../client/every-store.fixture.ts'

type Funded = { type: 'Wallet.Funded'; data: { amount: number } }

const funded = (amount: number) => createEvent('Wallet.Funded', { amount })
const dispatched = (amount: number) => ({
  aggregateType: 'wallet',
  aggregateId: 'wal_1',
  source: 'billing',
  eventType: 'Wallet.Funded',
  payload: { amount },
})

test.each(everyStore)('an Aggregate and dispatch write one history on $name', async ({ open }) => {
  await using log = await open()
  const service = createEventService({ store: log.store })
  const wallets = new Aggregate<{ balance: number }, Funded>({
    type: 'wallet',
    store: log.store,
    processor: new Processor(
      {
        'Wallet.Funded': ({ state, current }) => ({
          balance: state.balance + current.amount,
        }),
      },
      () => ({ balance: 0 }),
    ),
  })
  await wallets.append('wal_1', funded(1))
  expect(await service.appendEvent(dispatched(2))).toMatchObject({ version: 2 })
  expect(await wallets.get('wal_1')).toMatchObject({ state: { balance: 3 }, sequence: 2 })
  const racers = Array.from({ length: 20 }, (_, index) =>
    index % 2 === 0 ? wallets.append('wal_1', funded(1)) : service.appendEvent(dispatched(1)),
  )
  await Promise.all(racers)
  const { data } = await service.listEvents({ aggregateType: 'wallet', aggregateId: 'wal_1' })
  expect(data.map(({ version }) => version)).toEqual(data.map((_, index) => index + 1))
  const sources = data.map(({ source }) => source)
  expect(sources.filter((source) => source === '')).toHaveLength(11)
  expect(sources.filter((source) => source === 'billing')).toHaveLength(11)
  expect(await service.getHead('wallet', 'wal_1')).toMatchObject({ currentVersion: 22 })
  const snapshot = { state: { balance: 23 }, sequence: 22 }
  expect(await wallets.get('wal_1')).toMatchObject(snapshot)
  expect(await wallets.recalculate('wal_1')).toMatchObject(snapshot)
})

test.each(everyStore)(
  'a decision is taken again where dispatch was faster, on $name',
  async ({ open }) => {
    await using log = await open()
    const service = createEventService({ store: log.store })
    const events = defineEvents({ 'Wallet.Funded': z.object({ amount: z.number() }) })
    const client = createEventClient({ store: log.store, events })
    const aggregate = { type: 'wallet', id: 'wal_1' }
    const double = defineDecision(events, {
      streams: ({ id }: { id: string; done: boolean }) => [{ aggregate: { type: 'wallet', id } }],
      initialState: 0,
      evolve: { 'Wallet.Funded': (balance, event) => balance + event.data.amount },
      decide: async (first, balance) => {
        if (!first.done) await service.appendEvent(dispatched(5))
        first.done = true
        return { type: 'Wallet.Funded', data: { amount: balance }, aggregate }
      },
    })
    await service.appendEvent(dispatched(1))
    expect(await double.execute(client, { id: 'wal_1', done: false })).toMatchObject({
      attempts: 2,
      state: 12,
    })
    expect(await service.getHead('wallet', 'wal_1')).toMatchObject({ currentVersion: 3 })
  },
)

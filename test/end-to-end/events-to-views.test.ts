import { setTimeout as delay } from 'node:timers/promises'
import { CreateQueueCommand, GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { dispatchEvents, type EventRecord } from 'eventfold'
import { createDynamoDBStreamToEventBridgeHandler } from 'eventfold/eventbridge'
import { createStreamHandler, eventOfRecord } from 'eventfold/streams'
import { expect, inject, test } from 'vitest'
import { startBus } from '../../src/aws/bus.fixture.ts'
import { startQueues } from '../../src/aws/queues.fixture.ts'
import { freshTable, testClient } from '../../src/stores/dynamodb/engine.fixture.ts'
import { randomFaults, withClientFaults } from '../../src/stores/dynamodb/faults.fixture.ts'
import {
  createJournal,
  openApplication,
  type Application,
  type HandlerFault,
} from './application.fixture.ts'
import { createDeck, createRandom, pick, type Random } from './deck.fixture.ts'
import { followQueue, followStream, type BatchFault } from './lambda.fixture.ts'
import { sendersWithFaults, type SendFault } from './queue-faults.fixture.ts'

const WALLETS = ['wal_ann', 'wal_ben', 'wal#cleo']
const PRODUCTS = ['prod_tea', 'prod_rye']
const keyNames = { pk: 'pk', sk: 'sk' }
const LARGEST = 16_384
const WITHIN = 45_000

/** Writes from all sides, and gives what the wallets must hold and what things must cost. */
async function write({ wallets, prices, service }: Application, random: Random) {
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

/** All that the log has: the ids of its events, and what they add up to. */
async function foldOf({ service, prices }: Application) {
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

const seeds = [1, 2, 3, 4]

test.skipIf(inject('dynamodbMissing') !== undefined).each(seeds)(
  'whatever fails on the way, every event reaches its view, once and in order (%i)',
  async (seed) => {
    const random = createRandom(seed)
    await using table = await freshTable({ keyNames })
    await using queues = await startQueues()
    await using bus = await startBus()
    const { tableName } = table
    const faulty = withClientFaults(
      testClient(),
      randomFaults(seed, { conflict: 0.1, throttled: 0.05, lost: 0.05 }),
    )
    const application = openApplication(faulty.client, tableName)
    const { QueueUrl: queueUrl = '' } = await queues.sqs.send(
      new CreateQueueCommand({
        QueueName: 'views.fifo',
        Attributes: {
          FifoQueue: 'true',
          VisibilityTimeout: '2',
          MaximumMessageSize: String(LARGEST),
        },
      }),
    )

    const sends = createDeck<SendFault>(random, {
      refused: 5,
      cut: 1,
      lost: 2,
      repeated: 5,
      died: 2,
      calm: 8,
    })
    const checkpoints = createDeck<'ended'>(random, { ended: 3, calm: 5 })
    const busEntries = createDeck<'refused'>(random, { refused: 5, calm: 25 })
    const batches = createDeck<BatchFault>(random, {
      stopped: 1,
      unanswered: 1,
      undeleted: 2,
      calm: 8,
    })
    const handlings = createDeck<HandlerFault>(random, { before: 4, after: 4, calm: 20 })
    bus.refuse = () =>
      busEntries.draw() && { code: 'InternalFailure', message: 'the bus is not well' }

    const stop = new AbortController()
    const { signal } = stop
    let failure: Error | undefined
    const fail = (error: Error): void => {
      failure ??= error
    }
    const journal = createJournal(fail)
    const newSender = sendersWithFaults(queues.sqs, { deck: sends, random, maxBytes: LARGEST })
    const reportBatchItemFailures = seed % 2 === 0
    const log = (): void => {}
    const events = { isAtTip: false }
    const messages = { isAtTip: false }
    const running = [
      followStream(
        {
          tableName,
          batchSize: 12,
          signal,
          endsBeforeCheckpoint: (records) =>
            records.some((record) => eventOfRecord(record)) && checkpoints.draw() === 'ended',
          start: () => {
            const { client, isDead } = newSender()
            const handler = createStreamHandler({
              queueUrls: [queueUrl],
              busName: 'events',
              clients: { sqs: client, eventBridge: bus.client() },
              reportBatchItemFailures,
              log,
            })
            return { handler, isDead }
          },
        },
        events,
      ),
      followStream(
        {
          tableName,
          batchSize: 50,
          signal,
          endsBeforeCheckpoint: () => false,
          start: () => ({
            handler: createDynamoDBStreamToEventBridgeHandler({
              source: 'prices',
              eventBusName: 'messages',
              client: bus.client(),
              reportBatchItemFailures,
              log,
            }),
          }),
        },
        messages,
      ),
      ...[1, 2].map(() =>
        followQueue({
          sqs: queues.sqs,
          queueUrl,
          signal,
          fault: batches.draw,
          start: () => application.startListener(journal, handlings.draw),
        }),
      ),
    ]
    const waiting = async (): Promise<number> => {
      const AttributeNames = ['All'] as const
      const command = new GetQueueAttributesCommand({
        QueueUrl: queueUrl,
        AttributeNames: [...AttributeNames],
      })
      const { Attributes: found = {} } = await queues.sqs.send(command)
      const { ApproximateNumberOfMessages: ready, ApproximateNumberOfMessagesNotVisible: taken } =
        found
      return Number(ready) + Number(taken)
    }
    const sentTo = (name: string): Set<unknown> => {
      const own = bus.entries.filter(({ EventBusName }) => EventBusName === name)
      return new Set(
        own.map(({ Detail = '' }) => {
          const { eventId, id } = JSON.parse(Detail) as { eventId?: string; id?: string }
          return eventId ?? id
        }),
      )
    }

    let written: Awaited<ReturnType<typeof write>>
    let fold: Awaited<ReturnType<typeof foldOf>>
    try {
      for (const one of running) one.catch(fail)
      written = await write(application, random)
      await faulty.settled()
      fold = await foldOf(application)
      const deadline = performance.now() + WITHIN
      const isDone = async (): Promise<boolean> =>
        journal.ids.size >= fold.ids.length &&
        events.isAtTip &&
        messages.isAtTip &&
        (await waiting()) === 0
      while (!failure && performance.now() < deadline && !(await isDone())) await delay(50)
    } finally {
      stop.abort()
      await Promise.allSettled(running)
    }
    if (failure) throw failure

    expect([...journal.ids].toSorted()).toEqual(fold.ids.toSorted())
    for (const numbers of journal.numbers.values()) {
      expect(numbers).toEqual(numbers.map((_, index) => index + 1))
    }
    for (const id of WALLETS) {
      expect(fold.balances.get(id)).toMatchObject({ amount: written.balances.get(id) })
      expect(await application.balanceOf(id)).toEqual(fold.balances.get(id))
    }
    for (const id of PRODUCTS) {
      expect(fold.latest.get(id)).toEqual({ changes: 10, price: written.latest.get(id) })
      expect(await application.priceOf(id)).toEqual(fold.latest.get(id))
    }
    expect(await waiting()).toBe(0)
    expect(sentTo('events')).toEqual(new Set(fold.ids))
    const outbox = await application.store.outbox.read()
    expect(outbox).toHaveLength(10)
    expect(sentTo('messages')).toEqual(new Set(outbox.map(({ id }) => id)))

    // All of it was met.
    const decks = [sends, checkpoints, busEntries, batches, handlings]
    expect(decks.map((deck) => deck.left())).toEqual(decks.map(() => []))
    expect(journal.repeated()).toBeGreaterThan(0)
    expect([...faulty.met.keys()].toSorted()).toEqual(['conflict', 'lost', 'throttled'])
  },
)

import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { dispatchEvents, getEventService, type EventRecord } from 'eventfold'
import { initEvents } from 'eventfold/dynamodb'
import { createEventListener } from 'eventfold/sqs'
import { createStreamHandler } from 'eventfold/streams'
import { dispatch, WalletEvents } from './wallet.ts'

// Functions on Lambda, as users of @auriclabs/events write them: what SST links is some text.

declare const process: { env: Record<string, string | undefined> }

export const start = (
  Resource: { EventStoreTable: { name: string } },
  client?: DynamoDBDocumentClient,
) => {
  if (client) initEvents({ tableName: Resource.EventStoreTable.name, client })
  else initEvents({ tableName: Resource.EventStoreTable.name })
}

type Amount = { amount: number }
const seen: string[] = []

/** Behind a queue. */
export const listener = createEventListener(
  {
    'Wallet.Funded': async (event: EventRecord<Amount>) => {
      seen.push(`${event.aggregateId} ${event.payload.amount}`)
      if (event.payload.amount > 4000) await dispatch.limited(event.aggregateId, 4000)
    },
    // String values create aliases.
    'Wallet.Credited': 'Wallet.Funded',
  },
  { debug: false, stalenessByEventType: { 'Wallet.Noted': { maxAgeMs: 60_000, onStale: 'skip' } } },
)

/** Behind the table's stream. */
export const stream = (Resource: { EventBus: { name: string } }) =>
  createStreamHandler({
    busName: Resource.EventBus.name,
    queueUrls: JSON.parse(process.env['QUEUE_URL_LIST'] ?? '[]'),
  })

/** Uses the table from end to end, as their users do, and tells what came out. */
export async function walkThroughTable(client: DynamoDBDocumentClient, name: string) {
  start({ EventStoreTable: { name } }, client)
  await dispatch.funded('wal_123', 5000)
  await dispatchEvents(
    [1, 2].map((amount) => ({
      aggregateType: 'wallet',
      aggregateId: 'wal_123',
      source: 'billing',
      eventType: WalletEvents.FUNDED,
      payload: { amount },
    })),
    { inOrder: true },
  )
  const service = getEventService()
  const { data } = await service.listEvents({ aggregateType: 'wallet', aggregateId: 'wal_123' })
  const messages = data.map((event, index) => ({
    messageId: `message-${index}`,
    body: JSON.stringify(event),
    attributes: {},
  }))
  const { batchItemFailures } = await listener({ Records: messages })
  const head = await service.getHead('wallet', 'wal_123')
  return {
    seen,
    failed: batchItemFailures.length,
    keys: data.map(({ sk }) => sk),
    head: head?.currentVersion,
  }
}

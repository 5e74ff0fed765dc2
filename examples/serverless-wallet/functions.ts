/**
 * The three functions to deploy. Nothing in here knows that it runs on one machine: the SDK finds its
 * services by the environment.
 */
import { createDynamoDBStreamToEventBridgeHandler } from 'eventfold/eventbridge'
import { createEventListener } from 'eventfold/sqs'
import { createStreamHandler } from 'eventfold/streams'
import { balance, client } from './wallet.ts'
import { dispatch, type WalletEvent } from './events.ts'
import { sendReceipt } from './mails.ts'
import { log } from './print.ts'

const busName = process.env['EVENT_BUS_NAME'] ?? ''

/** Behind the stream of the table: new events to the queue, and to the bus. */
export const publishEvents = createStreamHandler({
  busName,
  queueUrls: [process.env['QUEUE_URL'] ?? ''],
  reportBatchItemFailures: true,
})

/** Behind it as well: new messages of the outbox to the bus. */
export const publishOutbox = createDynamoDBStreamToEventBridgeHandler({
  source: 'payouts',
  eventBusName: busName,
  reportBatchItemFailures: true,
})

/** Behind the queue. What it does is safe to repeat, since any event may come twice. */
export const listen = createEventListener<WalletEvent>(
  {
    'Wallet.Funded': async ({ aggregateId, payload }) => {
      await balance.save(client, aggregateId)
      const points = Math.floor(payload.amount / 1000)
      if (points > 0) await dispatch.rewarded(aggregateId, points)
    },
    'Wallet.Withdrawn': async ({ aggregateId, version, payload }) => {
      await balance.save(client, aggregateId)
      await sendReceipt(aggregateId, version, payload.amount)
    },
    'Wallet.Rewarded': async ({ aggregateId }) => {
      await balance.save(client, aggregateId)
    },
  },
  { debug: true, log },
)

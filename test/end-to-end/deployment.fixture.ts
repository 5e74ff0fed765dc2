import { setTimeout as delay } from 'node:timers/promises'
import { CreateQueueCommand, GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { createDynamoDBStreamToEventBridgeHandler } from 'eventfold/eventbridge'
import { createStreamHandler, eventOfRecord } from 'eventfold/streams'
import type { Bus } from '../../src/aws/bus.fixture.ts'
import type { Queues } from '../../src/aws/queues.fixture.ts'
import type { Application, HandlerFault, Journal } from './application.fixture.ts'
import { createDeck, type Random } from './deck.fixture.ts'
import { followQueue, followStream, type BatchFault } from './lambda.fixture.ts'
import { sendersWithFaults, type SendFault } from './queue-faults.fixture.ts'

export interface DeploymentOptions {
  readonly application: Application
  readonly tableName: string
  readonly queues: Queues
  readonly bus: Bus
  readonly journal: Journal
  readonly random: Random
  /** Whether the handlers of the stream answer what failed, or throw. */
  readonly reportBatchItemFailures: boolean
}

/** The functions of an application between its stream, a queue and a bus, all of which fail now and then. */
export interface Deployment extends AsyncDisposable {
  /** Rejects when Lambda itself fails. */
  readonly running: Promise<unknown>
  /** Whether the handlers of the stream have seen all that was in it when asked, and nothing is in the queue. */
  readonly isQuiet: () => Promise<boolean>
  /** How many messages are in the queue, or on their way to a listener. */
  readonly waiting: () => Promise<number>
  /** The ids of the events or messages that the bus was sent under a name. */
  readonly sentTo: (busName: string) => Set<unknown>
  /** Faults that were not met yet. */
  readonly faultsLeft: () => string[]
}

/** Bytes of a message in the queue. */
const LARGEST = 16_384
const log = (): void => {}

export async function deploy(options: DeploymentOptions): Promise<Deployment> {
  const { application, tableName, queues, bus, journal, random, reportBatchItemFailures } = options
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
  bus.refuse = () => busEntries.draw() && { code: 'InternalFailure', message: 'not well' }

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
  const stop = new AbortController()
  const { signal } = stop
  const newSender = sendersWithFaults(queues.sqs, { deck: sends, random, maxBytes: LARGEST })
  const events = { foundNothing: 0 }
  const messages = { foundNothing: 0 }
  const publishEvents = followStream(
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
  )
  const publishOutbox = followStream(
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
  )
  // Two at once, as Lambda does where a queue has several groups.
  const listeners = [1, 2].map(() =>
    followQueue({
      sqs: queues.sqs,
      queueUrl,
      signal,
      fault: batches.draw,
      start: () => application.startListener(journal, handlings.draw),
    }),
  )
  const running = Promise.all([publishEvents, publishOutbox, ...listeners])

  const waiting = async (): Promise<number> => {
    const { Attributes: found = {} } = await queues.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
    )
    const { ApproximateNumberOfMessages: ready, ApproximateNumberOfMessagesNotVisible: taken } =
      found
    return Number(ready) + Number(taken)
  }
  return {
    running,
    waiting,
    isQuiet: async () => {
      for (const progress of [events, messages]) progress.foundNothing = 0
      await delay(100)
      // The first look may have begun before.
      const hasSeenAll = events.foundNothing > 1 && messages.foundNothing > 1
      return hasSeenAll && (await waiting()) === 0
    },
    sentTo: (name) => {
      const own = bus.entries.filter(({ EventBusName }) => EventBusName === name)
      return new Set(
        own.map(({ Detail = '' }) => {
          const { eventId, id } = JSON.parse(Detail) as { eventId?: string; id?: string }
          return eventId ?? id
        }),
      )
    },
    faultsLeft: () =>
      [sends, checkpoints, busEntries, batches, handlings].flatMap((deck): string[] => deck.left()),
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await running.catch(() => {})
    },
  }
}

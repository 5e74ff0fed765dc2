import type { Handler, SQSBatchResponse, SQSEvent, SQSHandler } from 'aws-lambda'
import { createDispatch, type DispatchedRecord, type EventRecord } from 'eventfold'
import { createEventListener, type ReceivedRecord } from 'eventfold/sqs'
import { expectTypeOf, test } from 'vitest'

const dispatch = createDispatch(
  {
    funded: (id: string, amount: number) => ({
      aggregateId: id,
      eventType: 'Wallet.Funded',
      payload: { amount },
    }),
    closed: (id: string) => ({
      aggregateId: id,
      eventType: 'Wallet.Closed',
      payload: { reason: 'asked' },
    }),
  },
  { aggregateType: 'wallet', source: 'billing' },
)
type WalletEvent = DispatchedRecord<typeof dispatch>

test('a listener is a handler of SQS for Lambda', () => {
  const handler = createEventListener({})
  expectTypeOf(handler).toExtend<SQSHandler>()
  expectTypeOf(handler).toExtend<Handler<SQSEvent, SQSBatchResponse>>()
})

test('a payload goes with its type', () => {
  createEventListener<WalletEvent>({
    'Wallet.Funded': (event) => expectTypeOf(event.payload.amount).toEqualTypeOf<number>(),
    'Wallet.Closed': ({ payload, meta, outbox }) => {
      expectTypeOf(payload.reason).toEqualTypeOf<string>()
      expectTypeOf(meta?.isStale).toEqualTypeOf<boolean | undefined>()
      expectTypeOf(outbox?.id).toEqualTypeOf<string | undefined>()
    },
  })
  createEventListener<WalletEvent, 'Wallet.Credited'>(
    { 'Wallet.Credited': 'Wallet.Funded' },
    {
      stalenessByEventType: {
        'Wallet.Credited': { maxAgeMs: 1, onStale: 'skip' },
        'Wallet.Closed': { maxAgeMs: Infinity, onStale: 'process-normally' },
      },
    },
  )
})

test('without types of events, the parameter may say what it is', () => {
  createEventListener(
    {
      'Wallet.Funded': async (event: EventRecord<{ amount: number }>) => event.payload.amount,
      'Wallet.Closed': ({ meta }: ReceivedRecord<EventRecord<{ reason: string }>>) => meta?.replay,
      'Wallet.Credited': 'Wallet.Funded',
      'Wallet.Lost': ({ payload }) => expectTypeOf(payload).toEqualTypeOf<unknown>(),
    },
    { stalenessByEventType: { any: { maxAgeMs: 1, onStale: 'skip' } } },
  )
})

test('one payload may go with several types', () => {
  createEventListener<EventRecord<{ amount: number }, 'Wallet.Funded' | 'Wallet.Charged'>>({
    'Wallet.Funded': ({ payload, eventType }) => {
      expectTypeOf(payload.amount).toEqualTypeOf<number>()
      expectTypeOf(eventType).toEqualTypeOf<'Wallet.Funded'>()
    },
    'Wallet.Charged': ({ payload, meta }) => {
      expectTypeOf(payload.amount).toEqualTypeOf<number>()
      expectTypeOf(meta?.isStale).toEqualTypeOf<boolean | undefined>()
    },
  })
})

test('what cannot be meant does not compile', () => {
  // @ts-expect-error no such type of event
  createEventListener<WalletEvent>({ 'Wallet.Found': () => {} })
  // @ts-expect-error no such type of event to share a handler with
  createEventListener<WalletEvent>({ 'Wallet.Funded': 'Wallet.Found' })
  createEventListener<WalletEvent>({
    // @ts-expect-error no such part of the payload
    'Wallet.Funded': ({ payload }) => payload.reason,
  })
  const policy = { maxAgeMs: 1, onStale: 'skip' } as const
  // @ts-expect-error no such type of event
  createEventListener<WalletEvent>({}, { stalenessByEventType: { 'Wallet.Found': policy } })
  // @ts-expect-error no such way
  createEventListener({}, { staleness: { maxAgeMs: 1, onStale: 'forget' } })
  // @ts-expect-error no such option
  createEventListener({}, { debgu: true })
})

import { describe, expectTypeOf, test } from 'vitest'
import { createDispatch } from './create-dispatch.ts'
import { createEventHandler } from './create-event-handler.ts'
import type { DispatchedRecord } from './dispatch-types.ts'
import type { AppendEventResult, EventRecord } from './types.ts'

const defaults = { aggregateType: 'wallet', source: 'billing' }

const dispatch = createDispatch(
  {
    funded: (walletId: string, amount: number) => ({
      aggregateId: walletId,
      eventType: 'Wallet.Funded',
      payload: { amount },
    }),
    closed: (walletId: string) => ({ aggregateId: walletId, eventType: 'Wallet.Closed' }),
    noted: (walletId: string, text: string) => ({
      aggregateId: (context) => `${walletId}${context.eventId}`,
      eventType: 'Wallet.Noted',
      payload: ({ actorId }) => ({ text, by: actorId }),
    }),
    moved: (walletId: string, to: string) => (context) => ({
      aggregateId: walletId,
      eventType: 'Wallet.Moved',
      payload: { to, event: context.eventId },
    }),
  },
  defaults,
)

describe('a dispatch', () => {
  test('has a function for each builder, with its parameters', () => {
    expectTypeOf(dispatch.funded).parameters.toEqualTypeOf<[walletId: string, amount: number]>()
    expectTypeOf(dispatch.funded).returns.toEqualTypeOf<Promise<AppendEventResult>>()
    // @ts-expect-error an amount is missing
    void dispatch.funded('wal_1')
    // @ts-expect-error there is no such builder
    void dispatch.found('wal_1')
  })

  test('ties the payload to the event type', () => {
    type Wallet = DispatchedRecord<typeof dispatch>
    expectTypeOf<Wallet['eventType']>().toEqualTypeOf<
      'Wallet.Funded' | 'Wallet.Closed' | 'Wallet.Noted' | 'Wallet.Moved'
    >()
    expectTypeOf<Wallet>().toExtend<EventRecord>()
    type Payload<Type> = Extract<Wallet, { eventType: Type }>['payload']
    expectTypeOf<Payload<'Wallet.Funded'>>().toEqualTypeOf<Readonly<{ amount: number }>>()
    expectTypeOf<Payload<'Wallet.Closed'>>().toEqualTypeOf<null>()
    expectTypeOf<Payload<'Wallet.Noted'>>().toEqualTypeOf<
      Readonly<{ text: string; by: string | undefined }>
    >()
    expectTypeOf<Payload<'Wallet.Moved'>>().toEqualTypeOf<Readonly<{ to: string; event: string }>>()
  })

  test('ties the payload to each type that one builder gives, and reads what is absent as null', () => {
    const [rich, poor] = [{ amount: 1 }, { text: 'poor' }]
    const some = createDispatch(
      {
        either: (id: string, isRich: boolean) =>
          isRich
            ? { aggregateId: id, eventType: 'Wallet.Rich', payload: rich }
            : { aggregateId: id, eventType: 'Wallet.Poor', payload: poor },
        perhaps: (id: string, payload?: { amount: number }) => {
          return { aggregateId: id, eventType: 'Wallet.Perhaps', payload }
        },
      },
      defaults,
    )
    type Some = DispatchedRecord<typeof some>
    type Payload<Type> = Extract<Some, { eventType: Type }>['payload']
    expectTypeOf<Payload<'Wallet.Rich'>>().toEqualTypeOf<Readonly<{ amount: number }>>()
    expectTypeOf<Payload<'Wallet.Poor'>>().toEqualTypeOf<Readonly<{ text: string }>>()
    expectTypeOf<Payload<'Wallet.Perhaps'>>().toEqualTypeOf<Readonly<{ amount: number }> | null>()
  })

  test('takes defaults of the context, and none', () => {
    const byContext = createDispatch(
      { opened: (id: string) => ({ aggregateId: id, eventType: 'Wallet.Opened' }) },
      ({ tenantId }) => ({ aggregateType: `${String(tenantId)}.wallet`, source: 'billing' }),
    )
    expectTypeOf(byContext.opened).parameters.toEqualTypeOf<[id: string]>()
    const byField = createDispatch(
      { opened: (id: string) => ({ aggregateId: id, payload: { id } }) },
      { aggregateType: 'wallet', source: ({ eventId }) => eventId, eventType: 'Wallet.Opened' },
    )
    expectTypeOf<DispatchedRecord<typeof byField>>().toEqualTypeOf<
      EventRecord<{ readonly id: string }, 'Wallet.Opened'>
    >()
    const alone = createDispatch({
      opened: (id: string) => {
        return { ...defaults, aggregateId: id, eventType: 'Wallet.Opened', expectedVersion: 0 }
      },
    })
    expectTypeOf<DispatchedRecord<typeof alone>['eventType']>().toEqualTypeOf<'Wallet.Opened'>()
  })

  test('needs type, id, source and event type, of the event or of the defaults', () => {
    createDispatch(
      {
        // @ts-expect-error the id is missing
        opened: () => ({ eventType: 'Wallet.Opened' }),
      },
      defaults,
    )
    createDispatch(
      {
        // @ts-expect-error the source is missing
        opened: (id: string) => ({ aggregateId: id, eventType: 'Wallet.Opened' }),
      },
      { aggregateType: 'wallet' },
    )
    createDispatch({
      // @ts-expect-error all but the id is missing
      opened: (id: string) => ({ aggregateId: id }),
    })
    createDispatch(
      {
        // @ts-expect-error the event type is missing, in what is made of the context
        opened: (id: string) => () => ({ aggregateId: id }),
      },
      defaults,
    )
  })

  test('does not compile with a misspelt field or a wrong value', () => {
    createDispatch(
      {
        // @ts-expect-error a misspelt field
        opened: (id: string) => ({ aggregateId: id, eventType: 'Wallet.Opened', paylod: {} }),
      },
      defaults,
    )
    createDispatch(
      {
        // @ts-expect-error a misspelt field, in what is made of the context
        opened: (id: string) => () => ({ aggregateId: id, eventType: 'W', actorID: 'user_7' }),
      },
      defaults,
    )
    createDispatch(
      {
        // @ts-expect-error an id is a text
        opened: () => ({ aggregateId: 7, eventType: 'Wallet.Opened' }),
      },
      defaults,
    )
    createDispatch(
      { opened: (id: string) => ({ aggregateId: id, eventType: 'Wallet.Opened' }) },
      // @ts-expect-error a misspelt default
      { ...defaults, tenant: 'acme' },
    )
    createDispatch(
      { opened: (id: string) => ({ aggregateId: id, eventType: 'Wallet.Opened' }) },
      // @ts-expect-error all events would have one id
      { ...defaults, eventId: 'evt_1' },
    )
    createDispatch(
      { opened: (id: string) => ({ aggregateId: id, eventType: 'Wallet.Opened' }) },
      // @ts-expect-error a misspelt default, made of the context
      () => ({ ...defaults, tenant: 'acme' }),
    )
    // @ts-expect-error a misspelt setting
    createDispatch({}, defaults, { servce: undefined })
  })
})

describe('an event handler', () => {
  type Wallet = DispatchedRecord<typeof dispatch>

  test('has the payload of each event type', () => {
    const handle = createEventHandler<Wallet, 'Wallet.Credited'>({
      'Wallet.Funded': async (event) => {
        expectTypeOf(event.payload.amount).toEqualTypeOf<number>()
        expectTypeOf(event.eventType).toEqualTypeOf<'Wallet.Funded'>()
      },
      'Wallet.Moved': (event) => dispatch.funded(event.payload.to, 1),
      'Wallet.Credited': 'Wallet.Funded',
    })
    expectTypeOf(handle).toEqualTypeOf<(event: EventRecord) => Promise<void>>()
  })

  test('does not compile for an event that is not written', () => {
    createEventHandler<Wallet>({
      // @ts-expect-error there is no such event
      'Wallet.Fnded': () => {},
    })
    // @ts-expect-error an alias that leads nowhere
    createEventHandler<Wallet>({ 'Wallet.Funded': 'Wallet.Fnded' })
  })

  test('takes any event where none are named, with the payload that is said', () => {
    createEventHandler({
      'Wallet.Funded': (event: EventRecord<{ amount: number }>) => event.payload.amount,
      'Wallet.Closed': (event) => {
        expectTypeOf(event.payload).toEqualTypeOf<unknown>()
      },
      'Wallet.Credited': 'Wallet.Funded',
    })
  })
})

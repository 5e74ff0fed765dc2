import {
  createDispatch,
  createEventHandler,
  dispatchEvents,
  type AggregateId,
  type AggregateType,
  type AppendEventResult,
  type DispatchEventArgs,
  type EventContext,
  type EventId,
  type EventRecord,
  type EventService,
  type Source,
} from 'eventfold'

export enum WalletEvents {
  FUNDED = 'Wallet.Funded',
  WITHDRAWN = 'Wallet.Withdrawn',
  LIMITED = 'Wallet.Limited',
  NOTED = 'Wallet.Noted',
}

type Amount = { amount: number; currency?: string }

/** As their document has it: builders of plain fields, and options for all of them. */
export const dispatch = createDispatch(
  {
    funded: (walletId: string, amount: number) => ({
      aggregateId: walletId,
      eventType: 'Wallet.Funded',
      payload: { amount },
    }),
    withdrawn: (walletId: string, amount: number, currency?: string) => ({
      aggregateId: walletId,
      eventType: WalletEvents.WITHDRAWN,
      payload: { amount, currency } as Amount,
    }),
    // Fields of the context, and all of them at once.
    noted: (walletId: string, text: string) => ({
      aggregateId: walletId as AggregateId,
      eventType: WalletEvents.NOTED,
      payload: (ctx) => ({ text, by: ctx.actorId }),
    }),
    limited: (walletId: string, limit: number) => (ctx) => ({
      aggregateId: walletId,
      eventType: WalletEvents.LIMITED,
      idempotencyKey: `${ctx.eventId}:limit`,
      payload: { limit },
    }),
  },
  { aggregateType: 'wallet', source: 'billing' },
)

/** Options of the context, and branded ones. */
export const audit = createDispatch(
  {
    seen: (id: string, eventId: EventId) => ({
      aggregateId: id,
      eventType: 'Audit.Seen',
      payload: { eventId },
    }),
  },
  (ctx: EventContext) => ({
    aggregateType: 'audit' as AggregateType,
    source: (ctx.correlationId ?? 'unknown') as Source,
  }),
)

export class Wallet {
  private readonly source = 'billing' as Source

  constructor(
    private readonly service: EventService,
    private readonly walletId: string,
  ) {}

  /** Everything that has happened, page by page. */
  async history(): Promise<EventRecord[]> {
    const all: EventRecord[] = []
    let from: number | undefined
    for (;;) {
      const page = await this.service.listEvents({
        aggregateType: 'wallet',
        aggregateId: this.walletId,
        fromVersionExclusive: from,
        limit: 2,
      })
      all.push(...page.data)
      if (!page.hasMore) return all
      from = all[all.length - 1]?.version
    }
  }

  async balance(): Promise<number> {
    let balance = 0
    for (const { eventType, payload } of (await this.history()) as EventRecord<Amount>[]) {
      if (eventType === 'Wallet.Funded') balance += payload.amount
      if (eventType === 'Wallet.Withdrawn') balance -= payload.amount
    }
    return balance
  }

  /** A decision on what was seen. */
  async withdraw(amount: number): Promise<AppendEventResult> {
    const head = await this.service.getHead('wallet', this.walletId)
    if ((await this.balance()) < amount) throw new Error('not enough')
    return this.service.appendEvent<Amount>({
      aggregateType: 'wallet',
      aggregateId: this.walletId,
      source: this.source,
      eventType: WalletEvents.WITHDRAWN,
      expectedVersion: head?.currentVersion ?? 0,
      payload: { amount },
    })
  }
}

export const transfer = (from: string, to: string, amount: number) => {
  const shared = { aggregateType: 'wallet', source: 'billing', payload: { amount } }
  const events: DispatchEventArgs[] = [
    { ...shared, aggregateId: from, eventType: WalletEvents.WITHDRAWN },
    { ...shared, aggregateId: to, eventType: WalletEvents.FUNDED },
  ]
  return dispatchEvents(events, { inOrder: true })
}

/** Their listener's handlers. */
export const handle = createEventHandler({
  'Wallet.Funded': async (event) => {
    await audit.seen(event.aggregateId, event.eventId)
  },
  'Wallet.Withdrawn': async (event: EventRecord<Amount>) => {
    if (event.payload.amount > 4000) await dispatch.limited(event.aggregateId, 4000)
  },
  'Wallet.Credited': 'Wallet.Funded',
})

import { Aggregate, createEvent, defineIndex, Processor, type Snapshot } from 'eventfold'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { everyStore, type FreshLog } from '../client/every-store.fixture.ts'

interface BankAccount {
  customer: { name: string; email: string }
  balance: number
}
type LedgerEvent =
  | { type: 'ACCOUNT_CREATED'; data: { name: string; email: string } }
  | { type: 'CUSTOMER_RENAMED'; data: { name: string } }
  | { type: 'TRANSACTION_ACCEPTED'; data: { accountId: string; amount: number; text: string } }
type LedgerMessage = { type: 'accountOverdrawn'; data: { accountId: string } }

const ledger = new Processor<BankAccount, LedgerEvent, LedgerMessage>(
  {
    ACCOUNT_CREATED: ({ state, current }) => ({ ...state, customer: current }),
    CUSTOMER_RENAMED: ({ state, current }) => {
      state.customer.name = current.name
      return state
    },
    TRANSACTION_ACCEPTED: ({ state, current, publish }) => {
      const before = state.balance
      state.balance += current.amount
      if (before >= 0 && state.balance < 0) {
        publish('accountOverdrawn', { accountId: current.accountId })
      }
      return state
    },
  },
  () => ({ customer: { name: '', email: '' }, balance: 0 }),
)

interface Invoice {
  owed: number
  status: 'due' | 'paid'
  seen: string[]
  duplicates: string[]
}
type Webhook = { webhookId: string; amount: number }
type InvoiceEvent =
  | { type: 'INVOICE_SENT'; data: { amount: number } }
  | { type: 'PAYMENT_RECEIVED'; data: Webhook }
type InvoiceMessage = { type: 'invoicePaid'; data: { lastPayment: string } }

/** A payment of an id counts once; the others are noted. */
const invoices = new Processor<Invoice, InvoiceEvent, InvoiceMessage>(
  {
    INVOICE_SENT: ({ state, current }) => ({ ...state, owed: current.amount }),
    PAYMENT_RECEIVED: ({ state, current, publish }) => {
      const { webhookId, amount } = current
      if (state.seen.includes(webhookId)) {
        state.duplicates.push(webhookId)
        return state
      }
      state.seen.push(webhookId)
      state.owed -= amount
      if (state.owed === 0) {
        state.status = 'paid'
        publish('invoicePaid', { lastPayment: webhookId })
      }
      return state
    },
  },
  () => ({ owed: 0, status: 'due', seen: [], duplicates: [] }),
)

/** What the library before the document's was used for, from end to end. */
describe.each(everyStore)('stories on $name', ({ open }) => {
  let log: FreshLog
  beforeEach(async () => {
    log = await open()
  })
  afterEach(() => log[Symbol.asyncDispose]())

  test('a ledger', async () => {
    const accounts = new Aggregate({
      type: 'BANK_ACCOUNT',
      store: log.store,
      processor: ledger,
      indexes: [
        defineIndex('byEmail', ({ state }: Snapshot<BankAccount>) => state.customer.email || null),
      ],
    })
    const moved = (amount: number, text: string) =>
      createEvent('TRANSACTION_ACCEPTED', { accountId: 'account-1', amount, text })

    const name = 'Owner'
    const email = 'owner@example.com'
    await accounts.append('account-1', createEvent('ACCOUNT_CREATED', { name, email }))
    await accounts.append('account-1', createEvent('CUSTOMER_RENAMED', { name: 'Owner II' }))
    const overdrawn = { type: 'accountOverdrawn', data: { accountId: 'account-1' } }
    const spent = await accounts.append('account-1', moved(200, 'salary'), moved(-300, 'rent'))
    expect(spent.newOutboundEvents).toEqual([overdrawn])
    expect(spent.state.balance).toBe(-100)

    const { state, sequence } = await accounts.append('account-1', moved(50, 'gift'))
    expect(state.balance).toBe(-50)
    const onSeen = await accounts.appendTo('account-1', state, sequence, moved(25, 'refund'))
    expect(onSeen).toMatchObject({ state: { balance: -25 }, sequence: 6, newOutboundEvents: [] })

    const replayed = await accounts.recalculate('account-1')
    expect(replayed).toMatchObject({ state: { balance: -25 }, sequence: 6, events: [] })
    expect(replayed.pastOutboundEvents).toEqual([overdrawn])
    const even = await accounts.recalculate('account-1', moved(25, 'refund'))
    expect(even).toMatchObject({ state: { balance: 0 }, sequence: 7 })
    expect(even.newOutboundEvents).toEqual([])

    const customer = { name: 'Owner II', email }
    expect(await accounts.query('byEmail', email)).toEqual([
      {
        ref: { type: 'BANK_ACCOUNT', id: 'account-1' },
        state: { customer, balance: 0 },
        sequence: 7,
      },
    ])
    // However often it was replayed, the bank writes one letter.
    expect(await log.store.outbox.read()).toMatchObject([overdrawn])
  })

  test('web hooks that come twice, told apart by a rule', async () => {
    const bills = new Aggregate({ type: 'INVOICE', store: log.store, processor: invoices })
    const paid = (webhookId: string, amount: number) =>
      createEvent('PAYMENT_RECEIVED', { webhookId, amount })
    await bills.append('invoice-1', createEvent('INVOICE_SENT', { amount: 100_000 }))
    for (const _ of [1, 2]) await bills.append('invoice-1', paid('hook_1', 50_000))
    expect((await bills.get('invoice-1'))?.state).toMatchObject({ owed: 50_000, status: 'due' })

    const first = await bills.append('invoice-1', paid('hook_2', 50_000))
    const second = await bills.append('invoice-1', paid('hook_2', 50_000))
    expect(first.newOutboundEvents).toEqual([
      { type: 'invoicePaid', data: { lastPayment: 'hook_2' } },
    ])
    expect(second.newOutboundEvents).toEqual([])
    const after = {
      state: {
        owed: 0,
        status: 'paid',
        seen: ['hook_1', 'hook_2'],
        duplicates: ['hook_1', 'hook_2'],
      },
      sequence: 5,
    }
    expect(await bills.get('invoice-1')).toMatchObject(after)
    expect(await bills.recalculate('invoice-1')).toMatchObject(after)
    expect(await log.store.outbox.read()).toHaveLength(1)
  })

  test('web hooks that come twice, told apart by the ids of their events', async () => {
    const bills = new Aggregate({ type: 'INVOICE', store: log.store, processor: invoices })
    const paid = (webhookId: string, amount: number) =>
      createEvent('PAYMENT_RECEIVED', { webhookId, amount }, { id: webhookId })
    await bills.append('invoice-1', createEvent('INVOICE_SENT', { amount: 100_000 }))
    const twice = [paid('hook_1', 40_000), paid('hook_2', 60_000)].flatMap((hook) => [hook, hook])
    const appended = []
    for (const hook of twice) appended.push(await bills.append('invoice-1', hook))
    expect(appended.map(({ replayed }) => replayed)).toEqual([false, true, false, true])
    expect(appended.map(({ newOutboundEvents }) => newOutboundEvents.length)).toEqual([0, 0, 1, 0])
    expect(appended[3]).toMatchObject({
      events: appended[2]?.events,
      state: { owed: 0, status: 'paid', duplicates: [] },
      sequence: 3,
    })
    const otherContent = bills.append('invoice-1', paid('hook_1', 41_000))
    await expect(otherContent).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' })
    expect(await log.store.outbox.read()).toHaveLength(1)
  })

  test('a withdrawal that is sent twice is answered, though a second one would be refused', async () => {
    const strict = new Processor<number, { type: 'MOVED'; data: { amount: number } }, never>(
      {
        MOVED: ({ state, current }) => {
          if (state + current.amount < 0) throw new Error('overdrawn')
          return state + current.amount
        },
      },
      () => 0,
    )
    const accountsHere = () => new Aggregate({ type: 'CASH', store: log.store, processor: strict })
    const moved = (amount: number, id?: string) => createEvent('MOVED', { amount }, { id })
    await accountsHere().append('account-1', moved(50))
    const first = await accountsHere().append('account-1', moved(-40, 'withdrawal_1'))
    const second = await accountsHere().append('account-1', moved(-40, 'withdrawal_1'))
    expect(second).toEqual({ ...first, replayed: true })
    const another = accountsHere().append('account-1', moved(-40, 'withdrawal_2'))
    await expect(another).rejects.toMatchObject({ code: 'REJECTED' })
    expect(await accountsHere().get('account-1')).toMatchObject({ state: 10, sequence: 2 })
  })
})

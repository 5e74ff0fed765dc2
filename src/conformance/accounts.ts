import { Aggregate, type AggregateOptions } from '../aggregate/aggregate.ts'
import { createEvent } from '../aggregate/create-event.ts'
import { Processor, type ProcessorOptions } from '../aggregate/processor.ts'
import type { InputOfAggregate } from '../aggregate/rules.ts'
import type { Snapshot } from '../aggregate/snapshot.ts'
import { entryType } from '../aggregate/write.ts'
import type { EventStore } from '../store/store.ts'
import { equal } from './expect.ts'

/** What becomes of an account. */
export interface Account {
  email: string | null
  balance: number
  /** Depends on every amount and on their order. */
  digest: number
  /** How many events each rule has seen before its own; with history alone. */
  before: number
}

type Opened = { type: 'ACCOUNT_OPENED'; data: { email: string | null } }
type Changed = { type: 'BALANCE_CHANGED'; data: { amount: number; accountId?: string } }
type Inbound = Opened | Changed
type Outbound = { type: 'BALANCE_CHANGED'; data: { balance: number } }

/** Aggregates that the laws use. */
export type Accounts = Aggregate<Account, Inbound, Outbound>

/** An event of an account, as it is appended. */
export type AccountEvent = InputOfAggregate<Inbound>

/** How accounts differ from one law to another. */
export interface AccountOptions
  extends
    Pick<ProcessorOptions<Inbound, Inbound>, 'history' | 'version'>,
    Pick<Partial<AggregateOptions<Account, Inbound>>, 'attempts' | 'type' | 'indexes'> {
  /** The balance of a new account. Default is 0. */
  readonly gift?: number
}

export const opened = (email: string | null = null): AccountEvent =>
  createEvent('ACCOUNT_OPENED', { email })
export const changed = (amount: number, id?: string): AccountEvent =>
  createEvent('BALANCE_CHANGED', { amount }, { id })

export const digestOf = (amounts: readonly number[]): number =>
  amounts.reduce((digest, amount) => (digest * 31 + amount) % 1_000_003, 0)

/** Accounts whose rules change the state that they are given; no balance may get below zero. */
export function accountsOn(store: EventStore, options: AccountOptions = {}): Accounts {
  const { type = 'account', history = false, version, attempts, gift = 0 } = options
  const { indexes = { byEmail: ({ state }: Snapshot<Account>) => state.email } } = options
  const processor = new Processor<Account, Inbound, Outbound>(
    {
      ACCOUNT_OPENED: ({ state, current }) => Object.assign(state, { email: current.email }),
      BALANCE_CHANGED: (input) => {
        const { state, current, publish } = input
        state.balance += current.amount
        if (state.balance < 0) throw new Error('overdrawn')
        state.digest = (state.digest * 31 + current.amount) % 1_000_003
        if (history) state.before += input.pastInboundEvents.length
        publish('BALANCE_CHANGED', { balance: state.balance })
        return state
      },
    },
    () => ({ email: null, balance: gift, digest: 0, before: 0 }),
    { history, version },
  )
  return new Aggregate<Account, Inbound, Outbound>({ type, store, processor, indexes, attempts })
}

/** The store that is asked for at each call, as another one to those who wait for their turn. */
export function through(store: () => EventStore): EventStore {
  return {
    capabilities: store().capabilities,
    commit: (...args) => store().commit(...args),
    load: (...args) => store().load(...args),
    read: (...args) => store().read(...args),
    documents: {
      get: (...args) => store().documents.get(...args),
      query: (...args) => store().documents.query(...args),
    },
    outbox: store().outbox,
    close: async () => undefined,
  }
}

/** Fails unless `get` is what a replay of all events makes, which is given back. */
export async function isAsReplayed(accounts: Accounts, id: string): Promise<Snapshot<Account>> {
  const found = await accounts.get(id)
  const { ref, state, sequence } = await accounts.recalculate(id)
  equal(found, { ref, state, sequence }, `get ${id}`)
  return { ref, state, sequence }
}

/** The ids of the accounts that an index has under a key. */
export async function idsUnder(accounts: Accounts, key: string): Promise<string[]> {
  return (await accounts.query('byEmail', key)).map(({ ref }) => ref.id)
}

/** The ids of the entries that are kept under a key, whether they are right or not. */
export async function entriesUnder(
  store: EventStore,
  key: string,
  type = 'account',
): Promise<string[]> {
  const page = await store.documents.query({ type: await entryType(type, 'byEmail', key) })
  return page.documents.map(({ id }) => id)
}

/** The balances of the messages that wait in the outbox. */
export async function published(store: EventStore): Promise<unknown[]> {
  const records = await store.outbox.read({ limit: 9999 })
  return records.map(({ data }) => (data as { balance?: unknown }).balance)
}

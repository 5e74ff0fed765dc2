import {
  Aggregate,
  defineIndex,
  Processor,
  type EventStore,
  type RuleTable,
  type Snapshot,
} from 'eventfold'
import { events, type BankEvent } from './events.ts'
import { euros } from './print.ts'

export interface Account {
  email: string
  balance: number
}

/** What rules publish: it waits in the outbox, from the same commit on. */
export type Letter =
  | { type: 'WELCOME'; data: { to: string } }
  | { type: 'BALANCE_CHANGED'; data: { to: string; amount: number; balance: number } }
  | { type: 'CARD_BLOCKED'; data: { to: string; card: string; reason: string } }

const WORTH_A_LETTER = 10_00

/** Each rule knows the data of its event. One that throws refuses the event, and all that came with it. */
const rules: RuleTable<Account, BankEvent, Letter> = {
  ACCOUNT_OPENED: ({ state, current, publish }) => {
    if (state.email !== '') throw new Error('the account is open already')
    publish('WELCOME', { to: current.email })
    return { ...state, email: current.email }
  },
  EMAIL_CHANGED: ({ state, current }) => ({ ...state, email: current.email }),
  BALANCE_CHANGED: ({ state, current, publish }) => {
    const { amount } = current
    if (state.email === '') throw new Error('there is no such account')
    if (state.balance + amount < 0) {
      throw new Error(`${euros(-amount)} is more than the ${euros(state.balance)} there`)
    }
    // The state is the rule's own: it may be changed.
    state.balance += amount
    const { email: to, balance } = state
    if (Math.abs(amount) >= WORTH_A_LETTER) publish('BALANCE_CHANGED', { to, amount, balance })
    return state
  },
}

export type Accounts = Aggregate<Account, BankEvent, Letter>

export const openAccounts = (store: EventStore): Accounts =>
  new Aggregate({
    type: 'ACCOUNT',
    store,
    processor: new Processor<Account, BankEvent, Letter>(rules, () => ({ email: '', balance: 0 }), {
      events,
    }),
    indexes: [defineIndex('byEmail', ({ state }: Snapshot<Account>) => state.email || null)],
  })

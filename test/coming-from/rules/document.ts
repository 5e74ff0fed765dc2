// oxlint-disable-next-line consistent-type-imports -- as their document has it
import { Aggregate, Processor, StateUpdater, createEvent, defineIndex } from 'eventfold'
import type { EventStore } from 'eventfold'

// What the document shows, on any store.

export interface Account {
  email: string
  balance: number
}

export type Inbound = AccountOpened | BalanceChanged
export type Outbound = BalanceChangedNotification

interface AccountOpened {
  email: string
}
interface BalanceChanged {
  amount: number
}
interface BalanceChangedNotification {
  balance: number
}

const rules = new Map<string, StateUpdater<Account, Inbound, Outbound, Inbound>>()

rules.set('ACCOUNT_OPENED', (input) => {
  input.state.email = (input.current as AccountOpened).email
  return input.state
})

rules.set('BALANCE_CHANGED', (input) => {
  input.state.balance += (input.current as BalanceChanged).amount
  input.publish('BALANCE_CHANGED', { balance: input.state.balance })
  return input.state
})

export async function runExample(store: EventStore) {
  const accounts = new Aggregate<Account, Inbound, Outbound>({
    type: 'ACCOUNT',
    store,
    processor: new Processor(rules, () => ({ email: '', balance: 0 })),
    indexes: [defineIndex('byEmail', (snapshot) => snapshot.state.email || null)],
  })
  await accounts.append(
    'account-1',
    createEvent('ACCOUNT_OPENED', { email: 'owner@example.com' }),
    createEvent('BALANCE_CHANGED', { amount: 50 }),
  )
  const snapshot = await accounts.get('account-1')
  const byEmail = await accounts.query('byEmail', 'owner@example.com')
  return { balance: snapshot?.state.balance, byEmail }
}

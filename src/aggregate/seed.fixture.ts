import {
  Aggregate,
  createEvent,
  defineIndex,
  Processor,
  type EventStore,
  type Snapshot,
  type StateUpdater,
} from 'eventfold'

/** The domain of the document, as its users have it: payloads without types, rules in a map, casts. */
export interface Account {
  email: string
  balance: number
}

interface AccountOpened {
  email: string
}
interface BalanceChanged {
  amount: number
}
interface BalanceChangedNotification {
  balance: number
}
export type Inbound = AccountOpened | BalanceChanged
export type Outbound = BalanceChangedNotification

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

export const processor: Processor<Account, Inbound, Outbound> = new Processor(rules, () => ({
  email: '',
  balance: 0,
}))

export const emailOf = ({ state }: Snapshot<Account>): string | null => state.email || null

/** The accounts of the document, found by e-mail. */
export type Accounts = Aggregate<Account, Inbound, Outbound>
export const accountsOn = (store: EventStore): Accounts =>
  new Aggregate<Account, Inbound, Outbound>({
    type: 'ACCOUNT',
    store,
    processor,
    indexes: [defineIndex('byEmail', emailOf)],
  })

type Made<Data> = ReturnType<typeof createEvent<string, Data>>
export const opened = (email: string): Made<AccountOpened> =>
  createEvent('ACCOUNT_OPENED', { email })
export const changed = (amount: number): Made<BalanceChanged> =>
  createEvent('BALANCE_CHANGED', { amount })

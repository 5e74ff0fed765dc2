import { Aggregate, createEvent, Processor, type EventStore } from 'eventfold'

// The same accounts once their events are a union: each rule knows the data of its event, without a cast.

interface Account {
  email: string
  balance: number
}
type Inbound =
  | { type: 'ACCOUNT_OPENED'; data: { email: string } }
  | { type: 'BALANCE_CHANGED'; data: { amount: number } }
type Outbound = { type: 'BALANCE_CHANGED'; data: { balance: number } }

const processor = new Processor<Account, Inbound, Outbound>(
  {
    ACCOUNT_OPENED: ({ state, current }) => ({ ...state, email: current.email }),
    BALANCE_CHANGED: ({ state, current, publish }) => {
      state.balance += current.amount
      publish('BALANCE_CHANGED', { balance: state.balance })
      // @ts-expect-error -- the message has a balance
      publish('BALANCE_CHANGED', { balanse: state.balance })
      // @ts-expect-error -- there is no such message
      publish('BALANCE_CHANGES', { balance: state.balance })
      // @ts-expect-error -- the event has an amount
      return current.amuont ? state : state
    },
  },
  () => ({ email: '', balance: 0 }),
)

export const misnamed = new Processor<Account, Inbound, Outbound>(
  {
    // @ts-expect-error -- there is no such event
    BALANCE_CHANGE: ({ state }) => state,
  },
  () => ({ email: '', balance: 0 }),
)

export async function runTyped(store: EventStore): Promise<Account> {
  const accounts = new Aggregate({ type: 'TYPED', store, processor })
  const { state } = await accounts.append(
    'account-1',
    createEvent('ACCOUNT_OPENED', { email: 'owner@example.com' }),
    createEvent('BALANCE_CHANGED', { amount: 50 }),
  )
  const wrong = createEvent('BALANCE_CHANGED', { amount: '1' })
  // @ts-expect-error -- an amount is a number
  const append = () => accounts.append('account-1', wrong)
  return { ...state, email: append.name === 'append' ? state.email : '' }
}

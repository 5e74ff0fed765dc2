import { defineAggregate, reject } from 'eventfold'
import { events } from './events.ts'
import { euros } from './print.ts'

export type CardCommand =
  | { action: 'issue'; accountId: string; limit: number }
  | { action: 'pay'; shop: string; amount: number }
  | { action: 'block'; reason: string }

interface Card {
  readonly status: 'none' | 'valid' | 'blocked'
  readonly accountId: string
  readonly left: number
}
const none: Card = { status: 'none', accountId: '', left: 0 }

/** The same in commands: `decide` says which events a command becomes, and `evolve` adds them up. */
export const card = defineAggregate(events, {
  type: 'CARD',
  initialState: none,
  evolve: {
    CARD_ISSUED: (_, { data }): Card => ({
      status: 'valid',
      accountId: data.accountId,
      left: data.limit,
    }),
    CARD_USED: (state, { data }) => ({ ...state, left: state.left - data.amount }),
    CARD_BLOCKED: (state): Card => ({ ...state, status: 'blocked' }),
  },
  decide: (command: CardCommand, { status, left }) => {
    if (command.action === 'issue') {
      const { accountId, limit } = command
      if (status !== 'none') return reject('the card was issued before')
      return { type: 'CARD_ISSUED', data: { accountId, limit } }
    }
    if (status !== 'valid') return reject(`the card is ${status}`)
    if (command.action === 'block') {
      return { type: 'CARD_BLOCKED', data: { reason: command.reason } }
    }
    const { shop, amount } = command
    if (amount > left) return reject(`${euros(amount)} is more than the ${euros(left)} left on it`)
    return { type: 'CARD_USED', data: { shop, amount } }
  },
  publish: {
    CARD_BLOCKED: ({ aggregate, data }, { accountId }) => ({
      type: 'CARD_BLOCKED',
      data: { to: accountId, card: aggregate.id, reason: data.reason },
    }),
  },
  indexes: { byAccount: ({ state }) => state.accountId || null },
})

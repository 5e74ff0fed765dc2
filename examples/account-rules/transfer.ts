import { defineDecision, reject } from 'eventfold'
import { events } from './events.ts'
import { euros } from './print.ts'

export interface Transfer {
  readonly from: string
  readonly to: string
  readonly amount: number
}

type Balances = Readonly<Record<string, number>>
const none: Balances = {}
const account = (id: string) => ({ type: 'ACCOUNT', id })

/**
 * A boundary across two aggregates: both accounts are read, and both change or neither. The rules of
 * accounts are not asked, so that what they would refuse is refused here, too.
 */
export const transfer = defineDecision(events, {
  streams: ({ from, to }: Transfer) => [{ aggregate: account(from) }, { aggregate: account(to) }],
  initialState: none,
  evolve: {
    ACCOUNT_OPENED: (balances, { aggregate }) => ({ ...balances, [aggregate!.id]: 0 }),
    BALANCE_CHANGED: (balances, { aggregate, data }) => ({
      ...balances,
      [aggregate!.id]: balances[aggregate!.id]! + data.amount,
    }),
  },
  decide: ({ from, to, amount }, { [from]: paying, [to]: receiving }) => {
    if (paying === undefined || receiving === undefined) return reject('there is no such account')
    if (amount > paying) {
      return reject(`${euros(amount)} is more than the ${euros(paying)} that ${from} has`)
    }
    return [
      {
        type: 'BALANCE_CHANGED',
        data: { amount: -amount, text: `to ${to}` },
        aggregate: account(from),
      },
      {
        type: 'BALANCE_CHANGED',
        data: { amount, text: `from ${from}` },
        aggregate: account(to),
      },
    ]
  },
})

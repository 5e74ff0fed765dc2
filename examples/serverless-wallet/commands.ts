import { isEventfoldError } from 'eventfold'
import { balance, client, store, versionOf } from './wallet.ts'
import { dispatch, type Payout } from './events.ts'
import { euros } from './print.ts'

/** What a customer may not do. */
export class NotAllowed extends Error {
  override readonly name = 'NotAllowed'
}

/** Looks, decides, and dispatches on the version that was seen; again, where somebody else was faster. */
export async function withdraw(walletId: string, amount: number): Promise<number> {
  for (;;) {
    const seen = await versionOf(walletId)
    await checkAmount(walletId, amount)
    try {
      return (await dispatch.withdrawn(walletId, amount, seen)).version
    } catch (error) {
      if (!isEventfoldError(error, 'CONFLICT')) throw error
    }
  }
}

/** Pays out to a bank account: the event, and the message to the bank, in one transaction. */
export async function payOut(payout: Payout): Promise<void> {
  const { walletId, amount } = payout
  const aggregate = { type: 'wallet', id: walletId }
  const version = await versionOf(walletId)
  await checkAmount(walletId, amount)
  await store.commit({
    events: [
      { type: 'Wallet.Withdrawn', data: { amount }, aggregate, metadata: { source: 'billing' } },
    ],
    expect: [{ aggregate, version }],
    outbox: [{ type: 'Payout.Requested', data: payout }],
  })
}

async function checkAmount(walletId: string, amount: number): Promise<void> {
  const { state } = await balance.load(client, walletId)
  if (state.amount < amount) throw new NotAllowed(`there are only ${euros(state.amount)}`)
}

import { getEventService, isEventfoldError } from 'eventfold'
import { euros } from './euros.ts'
import { dispatch, type WalletEvent } from './events.ts'

/** What a customer may not do. */
export class NotAllowed extends Error {
  override readonly name = 'NotAllowed'
}

export interface Wallet {
  readonly balance: number
  readonly points: number
  /** What was seen: a decision on this wallet expects it. */
  readonly version: number
}

const PAGE = 100

/** All events of a wallet, page by page. */
export async function* historyOf(walletId: string, limit: number = PAGE) {
  const wallet = { aggregateType: 'wallet', aggregateId: walletId, limit }
  let cursor: string | null = null
  do {
    const page = await getEventService().listEvents({ ...wallet, cursor })
    cursor = page.cursor
    yield page.data as WalletEvent[]
  } while (cursor !== null)
}

/** A wallet is what happened to it. */
export async function readWallet(walletId: string): Promise<Wallet> {
  let [balance, points, version] = [0, 0, 0]
  for await (const events of historyOf(walletId)) {
    for (const event of events) {
      version = event.version
      switch (event.eventType) {
        case 'Wallet.Funded':
          balance += event.payload.amount
          break
        case 'Wallet.Withdrawn':
          balance -= event.payload.amount
          break
        case 'Wallet.Rewarded':
          points += event.payload.points
          break
      }
    }
  }
  return { balance, points, version }
}

/** Withdraws from the wallet that was seen: refused where it is no longer like that. */
export async function withdraw(walletId: string, seen: Wallet, amount: number): Promise<number> {
  if (seen.balance < amount) throw new NotAllowed(`there are only ${euros(seen.balance)}`)
  return (await dispatch.withdrawn(walletId, amount, seen.version)).version
}

/** Looks and decides again, as long as somebody else was faster. */
export async function withdrawNow(walletId: string, amount: number): Promise<number> {
  for (;;) {
    try {
      return await withdraw(walletId, await readWallet(walletId), amount)
    } catch (error) {
      if (!isEventfoldError(error, 'CONFLICT')) throw error
    }
  }
}

import {
  appendEventContext,
  getEventService,
  initEvents,
  resetEventContext,
  setEventContext,
  type DispatchedRecord,
  type EventStore,
} from 'eventfold'
import { dispatch, handle, transfer, Wallet, WalletEvents } from './wallet.ts'

/** The payload of what was dispatched, by its type. */
type WalletEvent = DispatchedRecord<typeof dispatch>
const amountOf = (event: WalletEvent): number =>
  event.eventType === WalletEvents.WITHDRAWN ? event.payload.amount : 0

/** Uses the wallets from end to end, as their users do, and tells what came out. */
export async function walkThrough(store: EventStore): Promise<Record<string, unknown>> {
  initEvents({ store })
  const service = getEventService()
  setEventContext({ correlationId: 'corr-123', actorId: 'user-456' })
  const funded = await dispatch.funded('wal_123', 5000)
  appendEventContext({ causationId: 'evt-789' })
  await dispatch.withdrawn('wal_123', 1000)
  await dispatch.noted('wal_123', 'for rent')
  resetEventContext()

  const wallet = new Wallet(service, 'wal_123')
  const balance = await wallet.balance()
  const withdrawn = await wallet.withdraw(4000)
  const twice = await Promise.allSettled([wallet.withdraw(0), wallet.withdraw(0)])
  await dispatch.funded('wal_123', 4500)
  const moved = await transfer('wal_123', 'wal_456', 4500)
  for (const event of await wallet.history()) await handle(event)

  const history = await wallet.history()
  const audits = await service.listEvents({ aggregateType: 'audit', aggregateId: 'wal_123' })
  return {
    funded,
    balance,
    withdrawn,
    refused: twice.filter(({ status }) => status === 'rejected').length,
    moved: moved.map(({ pk }) => pk),
    taken: amountOf(history[1] as WalletEvent),
    history: history.map(({ eventType, version, actorId, causationId, payload }) => ({
      eventType,
      version,
      actorId,
      causationId,
      payload,
    })),
    audits: audits.data.map(({ source, causationId }) => ({ source, causationId })),
    first: history[0]?.eventId,
    head: (await service.getHead('wallet', 'wal_123'))?.currentVersion,
  }
}

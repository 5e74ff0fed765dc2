import type { OutboxMessage } from '../../outbox/publisher.ts'
import type { Parcel } from './deliver.ts'

/** The message itself is the body. Without an order key it waits for no other. */
export function outboxParcel(message: OutboxMessage, source: string): Parcel {
  const { id, type, orderKey } = message
  return { id, type, group: orderKey ?? id, source, body: message }
}

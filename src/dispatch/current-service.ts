import { ArgumentError } from '../store/errors.ts'
import { checkConfig } from './check-args.ts'
import { createEventService, type EventService, type EventServiceConfig } from './event-service.ts'

let current: EventService | undefined

/**
 * Sets the service that dispatch uses where none is given. Called again it replaces the service, also
 * for what was made before.
 *
 * ```ts
 * initEvents({ store })
 * const { version } = await dispatchEvent({
 *   aggregateType: 'wallet',
 *   aggregateId: 'wal_123',
 *   source: 'billing',
 *   eventType: 'Wallet.Funded',
 *   payload: { amount: 5000 },
 * })
 * console.assert(version === 1)
 * ```
 */
export function initEvents(config: EventServiceConfig): void {
  checkConfig(config, 'initEvents')
  current = createEventService(config)
}

/** The service of {@link initEvents}. Throws `INVALID_ARGUMENT` before that. */
export function getEventService(): EventService {
  if (current) return current
  throw new ArgumentError('Call initEvents({ store }) before using events')
}

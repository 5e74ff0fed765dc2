import type { EventMetadata } from '../event/event.ts'

/** What an event may carry beside its type and data. */
export interface CreateEventOptions {
  /** Makes the append safe to repeat: an event of a known id is stored once. Default is a new id for each append. */
  readonly id?: string | undefined
  readonly metadata?: EventMetadata | undefined
}

/**
 * An event to append.
 *
 * ```ts
 * const opened = createEvent('ACCOUNT_OPENED', { email: 'owner@example.com' })
 * console.assert(opened.data.email === 'owner@example.com')
 * ```
 */
export function createEvent<const Type extends string, Data>(
  type: Type,
  data: Data,
  options?: CreateEventOptions,
): CreateEventOptions & { readonly type: Type; readonly data: Data } {
  return { ...options, type, data }
}

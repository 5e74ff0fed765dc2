import { createEventHandler, type EventHandlers } from '../../dispatch/create-event-handler.ts'
import type { EventRecord } from '../../dispatch/types.ts'
import type { LargeBodies } from '../send/large-body.ts'
import { checkListenerOptions, messagesOf } from './check-listener.ts'
import { readBody, type ReceivedRecord } from './read-body.ts'
import { DEFAULT_POLICY, eventAgeMs, isStale, type StalenessPolicy } from './staleness.ts'

/** What Lambda hands over of a queue, as far as it is read. */
export interface SqsEvent {
  readonly Records: readonly SqsRecord[]
}

export interface SqsRecord {
  readonly messageId: string
  readonly body: string
  readonly attributes?: { readonly MessageGroupId?: string | undefined } | undefined
}

/** The messages that the queue is to deliver again. */
export interface SqsBatchResponse {
  batchItemFailures: { itemIdentifier: string }[]
}

/**
 * Where a listener says what it does: `console` and most loggers fit. What it says itself never has anything
 * of a payload. With a failure comes the `error` as the handler has thrown it: what a handler puts into its
 * errors is in the log.
 */
export interface ListenerLog {
  readonly debug: (message: string, fields: Readonly<Record<string, unknown>>) => unknown
  readonly info: (message: string, fields: Readonly<Record<string, unknown>>) => unknown
  readonly error: (message: string, fields: Readonly<Record<string, unknown>>) => unknown
}

export interface EventListenerOptions<Type extends string = string> {
  /** Whether the log hears of every message. Default is `false`: of failures and skipped events. */
  readonly debug?: boolean | undefined
  /** Default is `console`. */
  readonly log?: ListenerLog | undefined
  /** What becomes of events that come late. Default is {@link DEFAULT_POLICY}: they are handled. */
  readonly staleness?: StalenessPolicy | undefined
  /** The policies of event types that have their own. */
  readonly stalenessByEventType?: { readonly [Name in Type]?: StalenessPolicy } | undefined
  /** What happens to an event without a handler: `'refuse'` fails its message. Default is `'ignore'`. */
  readonly unknown?: 'ignore' | 'refuse' | undefined
  /** Where bodies are that were too large for the queue: what their sender was given as `s3`. Default is nowhere. */
  readonly s3?: LargeBodies | undefined
}

/**
 * Makes the Lambda handler of a queue: it hands each event to the handler of its type, in the order of the
 * batch, one after the other.
 *
 * A body is an {@link EventRecord}, or a message of an outbox, see {@link ReceivedRecord}, also in the
 * envelope of EventBridge or SNS. A handler runs in an event context of its own, with the event as the
 * cause and its correlation, actor and tenant.
 *
 * A message whose handler fails, or whose body cannot be read, is answered as failed, and the queue
 * delivers it again. On a FIFO queue the later messages of its group are answered as failed, too, without
 * being handled, so that the order in which they were sent holds; other groups go on. **The event source mapping must
 * have `ReportBatchItemFailures`**, or Lambda takes failed messages for handled ones and deletes them;
 * `EventListenerQueue` of `eventfold/cdk` sets it.
 *
 * Every message is delivered at least once: a handler may see an event again, for instance where Lambda
 * ended before it could answer. What a handler writes is safe to repeat with the event's id as idempotency
 * key, and a projection that is saved with its cursor takes each event in once.
 *
 * Throws `INVALID_ARGUMENT` for handlers or options that cannot be meant, such as a circle of names.
 *
 * ```ts
 * import { createEventListener } from 'eventfold/sqs'
 *
 * const handler = createEventListener(
 *   {
 *     'Wallet.Funded': async (event) => console.log(event.payload, event.aggregateId),
 *     'Wallet.Credited': 'Wallet.Funded',
 *   },
 *   { staleness: { maxAgeMs: 3_600_000, onStale: 'skip' } },
 * )
 * ```
 */
export function createEventListener<
  // oxlint-disable-next-line no-unnecessary-type-parameters -- the caller says which events there are
  Event extends EventRecord = EventRecord,
  // oxlint-disable-next-line no-unnecessary-type-parameters -- as above
  Alias extends string = never,
>(
  handlers: NoInfer<EventHandlers<ReceivedRecord<Event>, Alias>>,
  options: NoInfer<EventListenerOptions<Event['eventType'] | Alias>> = {},
): (event: SqsEvent) => Promise<SqsBatchResponse> {
  checkListenerOptions(options)
  const { debug = false, log = console, unknown, staleness = DEFAULT_POLICY, s3 } = options
  const policies = new Map(
    Object.entries<StalenessPolicy | undefined>(options.stalenessByEventType ?? {}),
  )
  const handle = createEventHandler<ReceivedRecord<Event>, Alias>(handlers, { unknown })

  const handleFresh = async (event: ReceivedRecord, about: object): Promise<void> => {
    const policy = policies.get(event.eventType) ?? staleness
    const stale = policy.onStale !== 'process-normally' && isStale(event, policy)
    if (stale && policy.onStale === 'skip') {
      log.info('Skipping stale event', { ...about, maxAgeMs: policy.maxAgeMs })
    } else if (stale) {
      const meta = { ...event.meta, isStale: true, ageMs: eventAgeMs(event) }
      await handle({ ...event, meta } as EventRecord)
    } else {
      await handle(event)
    }
  }

  return async (batch) => {
    const batchItemFailures: SqsBatchResponse['batchItemFailures'] = []
    const failedGroups = new Set<string>()
    for (const { messageId, body, attributes } of messagesOf(batch)) {
      const group = attributes?.MessageGroupId
      let about: Readonly<Record<string, unknown>> = {
        messageId,
        ...(group !== undefined && { group }),
      }
      if (group !== undefined && failedGroups.has(group)) {
        batchItemFailures.push({ itemIdentifier: messageId })
        if (debug) log.debug('Holding back a message behind one that failed', about)
        continue
      }
      try {
        const event = await readBody(body, s3)
        about = { ...about, eventId: event.eventId, eventType: event.eventType }
        if (debug) log.debug('Handling event', about)
        await handleFresh(event, about)
      } catch (error) {
        batchItemFailures.push({ itemIdentifier: messageId })
        if (group !== undefined) failedGroups.add(group)
        log.error('Event failed, and will be delivered again', { ...about, error })
      }
    }
    return { batchItemFailures }
  }
}

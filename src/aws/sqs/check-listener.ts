import {
  anyObject,
  checkAt,
  filled,
  is,
  isObject,
  object,
  oneOf,
  optional,
  refuse,
} from '../../store/check-value.ts'
import { largeBodies } from '../send/large-body.ts'
import type { SqsEvent, SqsRecord } from './create-event-listener.ts'
import { checkPolicy } from './staleness.ts'

const isLog = (value: unknown): boolean =>
  isObject(value) && ['debug', 'info', 'error'].every((name) => typeof value[name] === 'function')

const options = object(
  {},
  {
    debug: optional(oneOf(true, false)),
    log: optional(is('an object with debug, info and error, such as console', isLog)),
    staleness: optional(checkPolicy),
    stalenessByEventType: optional((value, path) => {
      anyObject(value, path)
      for (const [type, policy] of Object.entries(value as object)) {
        checkAt(type, optional(checkPolicy), policy, path)
      }
    }),
    unknown: optional(oneOf('ignore', 'refuse')),
    s3: optional(largeBodies),
  },
)

export function checkListenerOptions(given: unknown): void {
  options(given, ['createEventListener.options'])
}

/** The messages of a batch. Anything else is no batch of a queue: of nothing in it could be answered. */
export function messagesOf(batch: SqsEvent): readonly SqsRecord[] {
  const records: unknown = (batch as SqsEvent | undefined)?.Records
  if (!Array.isArray(records)) {
    refuse(['event', 'Records'], 'the messages of an SQS queue', typeof records)
  }
  records.forEach((record: unknown, index) => {
    filled(isObject(record) ? record['messageId'] : undefined, [
      'event',
      'Records',
      index,
      'messageId',
    ])
  })
  return records as readonly SqsRecord[]
}

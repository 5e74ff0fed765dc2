import {
  createDispatch,
  getEventContext,
  initEvents,
  MemoryEventStore,
  resetEventContext,
  setEventContext,
  type DispatchedRecord,
} from 'eventfold'
import { createEventListener, DEFAULT_POLICY, type SqsRecord } from 'eventfold/sqs'
import { afterEach, describe, expect, test } from 'vitest'

// What the document of `@auriclabs/events` promises of its listener, and what that package tests of it.

let messages = 0
const message = (event: object, group?: string): SqsRecord => {
  messages += 1
  return {
    messageId: `message-${messages}`,
    body: JSON.stringify(event),
    attributes: group === undefined ? {} : { MessageGroupId: group },
  }
}
const batch = (...Records: SqsRecord[]) => ({ Records })
const failed = (...records: (SqsRecord | undefined)[]) => ({
  batchItemFailures: records.map((record) => ({ itemIdentifier: record?.messageId })),
})

const event = (eventType: string, more: object = {}) => ({
  pk: 'AGG#wallet#wal_123',
  sk: 'EVT#000000001',
  itemType: 'event',
  source: 'billing',
  aggregateType: 'wallet',
  aggregateId: 'wal_123',
  version: 1,
  eventId: `evt-${eventType}`,
  eventType,
  schemaVersion: 1,
  occurredAt: new Date().toISOString(),
  payload: { amount: 5000 },
  ...more,
})
const old = (eventType: string, more: object = {}) =>
  event(eventType, { occurredAt: new Date(Date.now() - 600_000).toISOString(), ...more })

/** A log, and what was said in it. */
function logged() {
  const lines: (readonly [
    level: string,
    said: string,
    fields: Readonly<Record<string, unknown>>,
  ])[] = []
  const at = (level: string) => (said: string, fields: Readonly<Record<string, unknown>>) =>
    lines.push([level, said, fields])
  return { lines, log: { debug: at('debug'), info: at('info'), error: at('error') } }
}

afterEach(resetEventContext)

describe('the listener', () => {
  test('calls the handler of an event with what is in the body', async () => {
    const seen: unknown[] = []
    const handler = createEventListener({
      'Wallet.Funded': async (funded) => {
        seen.push(funded)
      },
    })
    const funded = event('Wallet.Funded')
    expect(await handler(batch(message(funded)))).toEqual(failed())
    expect(seen).toEqual([funded])
  })

  test('takes the events that a dispatch writes, with their payloads typed', async () => {
    initEvents({ store: new MemoryEventStore() })
    const dispatch = createDispatch(
      {
        funded: (walletId: string, amount: number) => ({
          aggregateId: walletId,
          eventType: 'Wallet.Funded',
          payload: { amount },
        }),
      },
      { aggregateType: 'wallet', source: 'billing' },
    )
    await dispatch.funded('wal_123', 5000)
    let balance = 0
    const handler = createEventListener<DispatchedRecord<typeof dispatch>, 'Wallet.Credited'>(
      {
        'Wallet.Funded': ({ payload }) => {
          balance += payload.amount
        },
        'Wallet.Credited': 'Wallet.Funded',
      },
      { debug: false },
    )
    await handler(batch(message(event('Wallet.Funded')), message(event('Wallet.Credited'))))
    expect(balance).toBe(10_000)
  })

  test('answers an event of a type that it does not know as handled', async () => {
    const handler = createEventListener({ 'Wallet.Funded': () => {} })
    expect(await handler(batch(message(event('Wallet.Lost'))))).toEqual(failed())
  })

  test('follows the names that types share a handler by, one after the other', async () => {
    const seen: string[] = []
    const handler = createEventListener({
      'Wallet.Funded': ({ eventType }) => seen.push(eventType),
      'Wallet.Credited': 'Wallet.Funded',
      'Wallet.ToppedUp': 'Wallet.Credited',
    })
    await handler(batch(message(event('Wallet.Credited')), message(event('Wallet.ToppedUp'))))
    expect(seen).toEqual(['Wallet.Credited', 'Wallet.ToppedUp'])
  })

  test('sets the context of each handler, and leaves that of the process alone', async () => {
    const seen: unknown[] = []
    setEventContext({ correlationId: 'of the process' })
    const handler = createEventListener({ 'Wallet.Funded': () => seen.push(getEventContext()) })
    const one = { correlationId: 'cor-1', actorId: 'user-1', tenantId: 'acme' }
    await handler(
      batch(
        message(event('Wallet.Funded', one)),
        message(event('Wallet.Funded', { eventId: 'e2' })),
      ),
    )
    expect(seen).toEqual([{ causationId: 'evt-Wallet.Funded', ...one }, { causationId: 'e2' }])
    expect(getEventContext()).toEqual({ correlationId: 'of the process' })
  })

  test('answers the messages whose handlers throw, and no others', async () => {
    const handler = createEventListener(
      {
        bad: () => {
          throw new Error('at once')
        },
        worse: () => Promise.reject(new Error('later')),
        good: () => {},
      },
      { log: logged().log },
    )
    const records = [message(event('bad')), message(event('worse')), message(event('good'))]
    expect(await handler(batch(...records))).toEqual(failed(records[0], records[1]))
  })

  test('holds back what is behind a failure in its group, and that alone', async () => {
    const seen: unknown[] = []
    const handler = createEventListener(
      {
        bad: () => {
          throw new Error('no')
        },
        good: ({ eventId }) => seen.push(eventId),
      },
      { log: logged().log },
    )
    const records = [
      message(event('good', { eventId: '1' }), 'wal_1'),
      message(event('bad'), 'wal_1'),
      message(event('good', { eventId: '3' }), 'wal_1'),
      message(event('good', { eventId: '4' }), 'wal_2'),
      message(event('good', { eventId: '5' }), 'wal_1'),
      message(event('bad')),
      message(event('good', { eventId: '7' })),
    ]
    const [, bad, behind, , alsoBehind, groupless] = records
    expect(await handler(batch(...records))).toEqual(failed(bad, behind, alsoBehind, groupless))
    expect(seen).toEqual(['1', '4', '7'])
    // The next batch begins anew.
    expect(await handler(batch(...records.slice(2, 3)))).toEqual(failed())
    expect(seen).toEqual(['1', '4', '7', '3'])
  })

  test('tells the log of each message when asked, else of failures, and never a payload', async () => {
    const error = new Error('no')
    const handlers = {
      bad: () => {
        throw error
      },
      good: () => {},
    }
    const [quiet, chatty] = [logged(), logged()]
    const records = [
      message(event('good', { payload: 'secret' })),
      message(event('bad', { payload: 'secret' }), 'wal_1'),
      message(event('good', { payload: 'secret' }), 'wal_1'),
      { messageId: 'm', body: '{ "payload": "secret"' },
    ]
    await createEventListener(handlers, { log: quiet.log })(batch(...records))
    await createEventListener(handlers, { log: chatty.log, debug: true })(batch(...records))
    const ids = {
      messageId: records[1]?.messageId,
      eventId: 'evt-bad',
      eventType: 'bad',
      group: 'wal_1',
    }
    expect(quiet.lines.map(([level]) => level)).toEqual(['error', 'error'])
    expect(quiet.lines[0]?.[2]).toEqual({ ...ids, error })
    expect(chatty.lines.filter(([level]) => level === 'debug')).toHaveLength(3)
    const said = [...quiet.lines, ...chatty.lines].map(([, text, fields]) =>
      [text, ...Object.values(fields)].map(String),
    )
    expect(said.join()).not.toContain('secret')
  })
})

describe('an event that comes ten minutes late', () => {
  const run = async (
    options: Parameters<typeof createEventListener>[1],
    ...records: SqsRecord[]
  ) => {
    const seen: unknown[] = []
    const { log, lines } = logged()
    const handler = createEventListener(
      { late: ({ meta }) => seen.push(meta), other: ({ meta }) => seen.push(meta) },
      { ...options, log },
    )
    return { answer: await handler(batch(...records)), seen, lines }
  }
  const skip = { maxAgeMs: 60_000, onStale: 'skip' } as const

  test('is handled like any other by default', async () => {
    expect(DEFAULT_POLICY.maxAgeMs).toBe(Infinity)
    expect((await run({}, message(old('late')))).seen).toEqual([undefined])
  })

  test('is skipped when asked: not handled, not failed, and said in the log', async () => {
    const { answer, seen, lines } = await run({ staleness: skip }, message(old('late')))
    expect([answer, seen]).toEqual([failed(), []])
    expect(lines).toEqual([
      [
        'info',
        'Skipping stale event',
        expect.objectContaining({ eventType: 'late', maxAgeMs: 60_000 }),
      ],
    ])
  })

  test('holds nothing back when it is skipped', async () => {
    const records = [message(old('late'), 'wal_1'), message(event('other'), 'wal_1')]
    const { answer, seen } = await run({ staleness: skip }, ...records)
    expect([answer, seen]).toEqual([failed(), [undefined]])
  })

  test('is handled with a sign of its age when asked', async () => {
    const staleness = { maxAgeMs: 60_000, onStale: 'process-degraded' } as const
    const { seen } = await run({ staleness }, message(old('late')), message(event('late')))
    expect(seen).toEqual([{ isStale: true, ageMs: expect.any(Number) }, undefined])
    expect((seen[0] as { ageMs: number }).ageMs).toBeGreaterThanOrEqual(600_000)
  })

  test('is handled without a sign when asked', async () => {
    const staleness = { maxAgeMs: 60_000, onStale: 'process-normally' } as const
    expect((await run({ staleness }, message(old('late')))).seen).toEqual([undefined])
  })

  test('follows the policy of its type before that of all', async () => {
    const options = { staleness: skip, stalenessByEventType: { late: DEFAULT_POLICY } }
    const { seen, lines } = await run(options, message(old('late')), message(old('other')))
    expect(seen).toEqual([undefined])
    expect(lines.map(([, , fields]) => fields['eventType'])).toEqual(['other'])
  })

  test('keeps that it is sent again on purpose', async () => {
    const staleness = { maxAgeMs: 60_000, onStale: 'process-degraded' } as const
    const replayed = message(old('late', { meta: { replay: true } }))
    expect((await run({}, replayed)).seen).toEqual([{ replay: true }])
    expect((await run({ staleness }, replayed)).seen).toEqual([
      { replay: true, isStale: true, ageMs: expect.any(Number) },
    ])
  })
})

import { describe, expect, test } from 'vitest'
import { DEFAULT_POLICY, eventAgeMs, isStale } from './staleness.ts'

const now = Date.parse('2026-01-31T12:00:00.000Z')
const before = (ms: number) => ({ occurredAt: new Date(now - ms).toISOString() })

describe('the age of an event', () => {
  test('is the time since it occurred', () => {
    expect(eventAgeMs(before(30_000), now)).toBe(30_000)
    expect(eventAgeMs({ occurredAt: '2026-01-31T13:59:30+02:00' }, now)).toBe(30_000)
  })

  test('counts to this moment', () => {
    const yesterday = new Date(Date.now() - 86_400_000).toISOString()
    expect(eventAgeMs({ occurredAt: yesterday })).toBeGreaterThanOrEqual(86_400_000)
  })

  test.each([
    ['of the future', before(-5000)],
    ['of now', before(0)],
    ['without a time', {}],
    ['with a time that is none', { occurredAt: 'yesterday' }],
    ['with an empty time', { occurredAt: '' }],
    ['with null', { occurredAt: null as unknown as string }],
  ])('is 0 for one %s', (_, event) => {
    expect(eventAgeMs(event, now)).toBe(0)
  })
})

describe('an event is stale', () => {
  const policy = { maxAgeMs: 60_000, onStale: 'skip' } as const

  test('when it is older than the policy wants, not when it is just as old', () => {
    expect(isStale(before(60_001), policy, now)).toBe(true)
    expect(isStale(before(60_000), policy, now)).toBe(false)
    expect(isStale(before(0), { ...policy, maxAgeMs: 0 }, now)).toBe(false)
    expect(isStale({ occurredAt: '1970-01-01T00:00:00.000Z' }, policy)).toBe(true)
  })

  test('never by default', () => {
    expect(DEFAULT_POLICY).toEqual({ maxAgeMs: Infinity, onStale: 'process-normally' })
    expect(isStale({ occurredAt: '1970-01-01T00:00:00.000Z' }, DEFAULT_POLICY)).toBe(false)
  })
})

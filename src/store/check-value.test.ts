import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { document, event, refusal } from './commits.fixture.ts'

describe('limits', () => {
  test('name what is too large, with both figures, and what to do', () => {
    const events = [event, event, event, event]
    expect(refusal({ events })).toBe(
      'LIMIT: the commit is too large: 4 events, at most 3 are taken. Split it into several commits.',
    )
    expect(refusal({ events: [event, { type: 'A', data: 'x'.repeat(99) }] })).toBe(
      'LIMIT: event 1 (A): data is too large: 101 bytes, at most 100 are taken. Keep large ' +
        'content elsewhere and store its address.',
    )
    expect(refusal({ events: [{ ...event, metadata: { a: 'x'.repeat(93) } }] })).toBe(
      'LIMIT: event 0 (A): metadata is too large: 101 bytes, at most 100 are taken. Keep ' +
        'large content elsewhere and store its address.',
    )
  })

  test('are taken to the last one', () => {
    expect(refusal({ events: [event, event, event] })).toBe('it was taken')
    expect(refusal({ events: [{ type: 'A', data: 'x'.repeat(98) }] })).toBe('it was taken')
  })

  test('count UTF-8 bytes, not characters', () => {
    const data = fc.string({ unit: 'grapheme', minLength: 10, maxLength: 60 })
    fc.assert(
      fc.property(data, (text) => {
        const bytes = Buffer.byteLength(JSON.stringify(text))
        const found = refusal({ events: [{ type: 'A', data: text }] })
        const expected = bytes > 100 ? `LIMIT: event 0 (A): data is too large: ${bytes} b` : ''
        expect(found.startsWith(bytes > 100 ? expected : 'it was taken')).toBe(true)
      }),
    )
    expect(refusal({ events: [{ type: 'A', data: '😀'.repeat(25) }] })).toMatch(/102 bytes/u)
  })

  const named: Record<string, (name: string) => unknown> = {
    'event 0: type': (type) => ({ events: [{ type, data: 1 }] }),
    'event 0: id': (id) => ({ events: [{ ...event, id }] }),
    "event 0: the aggregate's type": (type) => ({
      events: [{ ...event, aggregate: { type, id: 'i' } }],
    }),
    "event 0: the aggregate's id": (id) => ({
      events: [{ ...event, aggregate: { type: 't', id } }],
    }),
    'document 0: type': (type) => ({ documents: [{ ...document, type }] }),
    'document 0: id': (id) => ({ documents: [{ ...document, id }] }),
    'outbox record 0: type': (type) => ({ outbox: [{ type, data: 1 }] }),
    'outbox record 0: id': (id) => ({ outbox: [{ id, type: 'M', data: 1 }] }),
    'the idempotency key': (key) => ({ events: [event], idempotency: { key } }),
  }

  test.each(Object.entries(named))('%s: 255 bytes and no more', (what, commit) => {
    for (const name of ['x'.repeat(255), 'é'.repeat(127), '€'.repeat(85), '😀'.repeat(63)]) {
      expect(refusal(commit(name))).toBe('it was taken')
    }
    const tooLong: [string, number][] = [
      ['x'.repeat(256), 256],
      ['é'.repeat(128), 256],
      ['€'.repeat(86), 258],
      ['😀'.repeat(64), 256],
    ]
    for (const [name, bytes] of tooLong) {
      expect(refusal(commit(name))).toBe(
        `LIMIT: ${what} is too long: ${bytes} bytes, at most 255 are taken. Give it a shorter name.`,
      )
    }
  })
})

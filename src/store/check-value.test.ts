import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { wellFormed } from './check-value.ts'
import { document, event, refusal } from './commits.fixture.ts'

describe('limits', () => {
  test('name what is too large, with both figures, and what to do', () => {
    const events = [event, event, event, event]
    expect(refusal({ events })).toBe(
      'LIMIT: commit.events: expected at most 3 events, found 4. Send less.',
    )
    expect(refusal({ events: [event, { type: 'A', data: 'x'.repeat(99) }] })).toBe(
      'LIMIT: commit.events.1.data: expected at most 100 bytes, found 101. Send less.',
    )
    expect(refusal({ events: [{ ...event, metadata: { a: 'x'.repeat(93) } }] })).toBe(
      'LIMIT: commit.events.0.metadata: expected at most 100 bytes, found 101. Send less.',
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
        const expected =
          bytes > 100
            ? `LIMIT: commit.events.0.data: expected at most 100 bytes, found ${bytes}.`
            : ''
        expect(found.startsWith(bytes > 100 ? expected : 'it was taken')).toBe(true)
      }),
    )
    expect(refusal({ events: [{ type: 'A', data: '😀'.repeat(25) }] })).toMatch(/found 102/u)
  })

  const named: Record<string, (name: string) => unknown> = {
    'events.0.type': (type) => ({ events: [{ type, data: 1 }] }),
    'events.0.id': (id) => ({ events: [{ ...event, id }] }),
    'events.0.aggregate.type': (type) => ({
      events: [{ ...event, aggregate: { type, id: 'i' } }],
    }),
    'events.0.aggregate.id': (id) => ({
      events: [{ ...event, aggregate: { type: 't', id } }],
    }),
    'documents.0.type': (type) => ({ documents: [{ ...document, type }] }),
    'documents.0.id': (id) => ({ documents: [{ ...document, id }] }),
    'outbox.0.type': (type) => ({ outbox: [{ type, data: 1 }] }),
    'outbox.0.id': (id) => ({ outbox: [{ id, type: 'M', data: 1 }] }),
    'idempotency.key': (key) => ({ events: [event], idempotency: { key } }),
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
        `LIMIT: commit.${what}: expected at most 255 bytes, found ${bytes}. Send less.`,
      )
    }
  })
})

test('a text is refused with its place', () => {
  const found = (value: string) => () => wellFormed(value, ['commit', 'events', 0, 'type'])
  expect(found('a\0')).toThrow(
    /^commit\.events\.0\.type: .* without NUL and lone surrogates, found/u,
  )
  expect(found('\udc00')).toThrow(String.raw`found "\udc00"`)
  expect(found('😀 \ud83d\ude00 ok')).not.toThrow()
})

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DocumentQuery, StoredDocument } from './document.ts'
import { checkDocumentQuery, checkLimit, queryDocuments } from './query-documents.ts'

function document(id: string, data: unknown): StoredDocument {
  return { type: 'cart', id, data, revision: 1, updatedAt: '2030-01-01T00:00:00.000Z' }
}

/** All documents, page by page. */
function paged(documents: readonly StoredDocument[], query: DocumentQuery, limit: number) {
  const found: StoredDocument[] = []
  let pages = 0
  for (let after: string | undefined; ; pages += 1) {
    const page = queryDocuments(documents, { ...query, limit, after })
    found.push(...page.documents)
    if (page.cursor === undefined) return { found, pages: pages + 1 }
    after = page.cursor
  }
}

const ids = (documents: Iterable<StoredDocument>, query: Partial<DocumentQuery> = {}) =>
  queryDocuments([...documents], { type: 'cart', ...query }).documents.map(({ id }) => id)

describe('filter', () => {
  const documents = [
    document('a', { size: 1, tag: 'x' }),
    document('b', { size: 2, tag: 'y' }),
    document('c', { size: 3 }),
    document('d', null),
  ]

  test('takes the operators of event filters', () => {
    expect(ids(documents, { filter: { size: { gte: 2 } } })).toEqual(['b', 'c'])
    expect(ids(documents, { filter: { tag: ['x', 'y'], size: 2 } })).toEqual(['b'])
    expect(ids(documents, { filter: { tag: { neq: 'x' } } })).toEqual(['b', 'c', 'd'])
  })

  test('left out or empty it takes all; undefined as a value matches nothing', () => {
    expect(ids(documents)).toEqual(['a', 'b', 'c', 'd'])
    expect(ids(documents, { filter: undefined })).toEqual(['a', 'b', 'c', 'd'])
    expect(ids(documents, { filter: {} })).toEqual(['a', 'b', 'c', 'd'])
    expect(ids(documents, { filter: { tag: undefined as never } })).toEqual([])
  })
})

describe('order', () => {
  const documents = Object.entries({
    text: 'b',
    'text 2': 'a',
    astral: '😀',
    private: '\ue000',
    number: 2,
    'number 10': 10,
    yes: true,
    no: false,
    nothing: null,
    list: ['a'],
    object: {},
  }).map(([id, by]) => document(id, { by }))
  const missing = document('missing', {})
  const scalar = document('scalar', 'by')
  const none = document('none', null)
  const all = [...documents, missing, none, scalar]
  const others = ['list', 'missing', 'none', 'nothing', 'object', 'scalar']

  test('is by id, by code point, where none is asked for', () => {
    const unordered = ['b', '😀', 'a', '\ue000', 'B'].map((id) => document(id, {}))
    expect(ids(unordered)).toEqual(['B', 'a', 'b', '\ue000', '😀'])
  })

  test('puts booleans before numbers before strings, and all others last', () => {
    const values = ['no', 'yes', 'number', 'number 10', 'text 2', 'text', 'private', 'astral']
    expect(ids(all, { order: { by: 'by' } })).toEqual([...values, ...others])
    expect(ids(all, { order: { by: 'by', direction: 'asc' } })).toEqual([...values, ...others])
  })

  test('turned round still puts documents without such a value last', () => {
    const values = ['astral', 'private', 'text', 'text 2', 'number 10', 'number', 'yes', 'no']
    expect(ids(all, { order: { by: 'by', direction: 'desc' } })).toEqual([...values, ...others])
  })

  test('puts equal ones by id, in both directions', () => {
    const equal = ['c', 'a', 'b'].map((id) => document(id, { by: 1 }))
    expect(ids(equal, { order: { by: 'by' } })).toEqual(['a', 'b', 'c'])
    expect(ids(equal, { order: { by: 'by', direction: 'desc' } })).toEqual(['a', 'b', 'c'])
  })

  test('looks at own keys alone', () => {
    const own = document('b', JSON.parse('{ "__proto__": "x", "toString": "x" }'))
    for (const by of ['__proto__', 'toString']) {
      expect(ids([document('a', {}), own], { order: { by } })).toEqual(['b', 'a'])
    }
  })
})

describe('pages', () => {
  const value = fc.oneof(
    fc.constantFrom(0, -0, 1, 2, '', 'a', 'b', '\uffff', '😀', true, false, null),
    fc.string({ unit: 'binary' }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  )
  const data = fc.oneof(
    value.map((by) => ({ by })),
    fc.constantFrom<unknown>({}, null, 'by', { by: ['a'] }, { by: {} }),
  )
  const documents = fc
    .uniqueArray(fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }), { maxLength: 12 })
    .chain((names) => fc.tuple(...names.map((id) => data.map((each) => document(id, each)))))
  const query = fc.record({
    type: fc.constant('cart'),
    order: fc.constantFrom(
      undefined,
      { by: 'by' },
      { by: 'by', direction: 'asc' as const },
      { by: 'by', direction: 'desc' as const },
    ),
  })

  test('one after the other give what one query gives, whatever their size', () => {
    fc.assert(
      fc.property(documents, query, fc.integer({ min: 1, max: 5 }), (given, asked, limit) => {
        const whole = queryDocuments(given, asked)
        expect(whole.cursor).toBeUndefined()
        expect(whole.documents).toHaveLength(given.length)
        const { found, pages } = paged(given, asked, limit)
        expect(found).toEqual(whole.documents)
        expect(pages).toBe(Math.max(1, Math.ceil(given.length / limit)))
      }),
      { numRuns: 500 },
    )
  })

  test('go on where they were, also when the last document is gone', () => {
    const given = ['a', 'b', 'c', 'd'].map((id) => document(id, { by: 1 }))
    const order = { by: 'by' }
    const { cursor } = queryDocuments(given, { type: 'cart', order, limit: 2 })
    const rest = [given[0], given[2], given[3]] as StoredDocument[]
    expect(ids(rest, { order, after: cursor })).toEqual(['c', 'd'])
  })

  test('a limit of 0 is an empty page', () => {
    expect(queryDocuments([document('a', {})], { type: 'cart', limit: 0 })).toEqual({
      documents: [],
    })
  })

  test('what is asked for is not changed', () => {
    const given = Object.freeze([document('b', {}), document('a', {})])
    expect(ids(given)).toEqual(['a', 'b'])
    expect(given[0]?.id).toBe('b')
  })
})

describe('what a query refuses', () => {
  test.each<[unknown, string | RegExp]>([
    [undefined, 'query: expected an object, found undefined'],
    [{}, /^query\.type: expected a non-empty string .*, found undefined$/u],
    [{ type: '' }, /^query\.type: .*, found ""$/u],
    [{ type: 7 }, /^query\.type: .*, found 7$/u],
    [
      { type: 'cart', filer: {} },
      'query: expected only the keys type, filter, order, limit, after, found "filer"',
    ],
    [{ type: 'cart', filter: null }, 'query.filter: expected an object, found null'],
    [
      { type: 'cart', filter: { a: {} } },
      /^query\.filter\.a: expected one of eq, neq, .*, found \{\}$/u,
    ],
    [{ type: 'cart', filter: { a: { x: 1 } } }, /^Unknown operator: x \(query\.filter\.a\)/u],
    [{ type: 'cart', limit: -1 }, 'query.limit: expected a whole number from 0, found -1'],
    [{ type: 'cart', order: 'size' }, 'query.order: expected an object, found "size"'],
    [{ type: 'cart', order: {} }, /^query\.order\.by: .*, found undefined$/u],
    [{ type: 'cart', order: null }, 'query.order: expected an object, found null'],
    [
      { type: 'cart', order: { by: 'size', direction: 'down' } },
      'query.order.direction: expected one of asc, desc, found "down"',
    ],
  ])('%j', (query, message) => {
    const refusal = expect.objectContaining({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(message),
    })
    expect(() => checkDocumentQuery(query as DocumentQuery)).toThrow(refusal)
    expect(() => queryDocuments([], query as DocumentQuery)).toThrow(refusal)
  })

  test.each(['', 'x', '7', 'null', '{}', '[7]', '[]', '0', null, 7])(
    'the page cursor %j',
    (after) => {
      expect(() => queryDocuments([], { type: 'cart', after: after as string })).toThrow(
        expect.objectContaining({
          code: 'INVALID_ARGUMENT',
          message: `query.after: expected a cursor of documents, found ${JSON.stringify(after)}`,
        }),
      )
    },
  )

  test('limits that are whole numbers from 0 are fine', () => {
    for (const limit of [undefined, 0, 1, 2 ** 53 - 1])
      expect(() => checkLimit(limit)).not.toThrow()
  })
})

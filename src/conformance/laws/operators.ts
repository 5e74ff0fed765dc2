import type { FilterEntry } from '../../store/stream.ts'
import { equal, rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import { read } from '../samples.ts'

/** In the order of their code points, which is not that of UTF-16 after U+FFFF. */
const texts = '|1|A|a|ab|b|null|true|é|\uffff|\u{10000}|\u{103fe}|\u{103ff}|😀'.split('|')
const top = 2 ** 53
const sizes = [-top, -1, 0, 0.5, 1, 2, 10, top - 2, top - 1, top] as const
const lists = [[], ['a'], ['a', 'b'], ['b', 'a'], [1], [1, 'a', true]] as const
const others = [true, false, null, { a: 1 }, undefined, ...lists] as const
const values: readonly unknown[] = [...texts, ...sizes, ...others]

const without = (...left: readonly unknown[]): unknown[] =>
  values.filter((value) => !left.includes(value))

/** What a filter entry matches among the values. */
type Case = readonly [entry: FilterEntry, matches: readonly unknown[]]

const cases: Readonly<Record<string, readonly Case[]>> = {
  eq: [
    ...['', 'a', 'é', '😀', '1', 'true', -top, 0, 0.5, top - 1, top, true, false].flatMap(
      (value): Case[] => [
        [value, [value]],
        [{ eq: value }, [value]],
      ],
    ),
    [-0, [0]],
    ['B', []],
    [3, []],
  ],
  neq: [
    [{ neq: 'a' }, without('a')],
    [{ neq: 1 }, without(1)],
    [{ neq: '1' }, without('1')],
    [{ neq: top }, without(top)],
    [{ neq: true }, without(true)],
    [{ neq: 'nowhere' }, values],
  ],
  in: [
    [{ in: ['a', 1, true] }, ['a', 1, true]],
    [{ in: ['1', 'true', 'null'] }, ['1', 'null', 'true']],
    [{ in: [top, top - 2] }, [top - 2, top]],
    [{ in: ['a', 'a'] }, ['a']],
    [{ in: ['nowhere', 99] }, []],
    [{ in: [] }, []],
  ],
  nin: [
    [{ nin: ['a', 1, true] }, without('a', 1, true)],
    [{ nin: ['1'] }, without('1')],
    [{ nin: [] }, values],
  ],
  gt: [
    [{ gt: 'a' }, texts.slice(4)],
    [{ gt: 'é' }, texts.slice(9)],
    [{ gt: '\uffff' }, texts.slice(10)],
    [{ gt: '\u{103fe}' }, texts.slice(12)],
    [{ gt: '😀' }, []],
    [{ gt: 'AA' }, texts.slice(3)],
    [{ gt: 1 }, sizes.slice(5)],
    [{ gt: 1.5 }, sizes.slice(5)],
    [{ gt: top - 1 }, [top]],
    [{ gt: top }, []],
  ],
  gte: [
    [{ gte: 'a' }, texts.slice(3)],
    [{ gte: '' }, texts],
    [{ gte: '\uffff' }, texts.slice(9)],
    [{ gte: '\u{103ff}' }, texts.slice(12)],
    [{ gte: 2 }, sizes.slice(5)],
    [{ gte: top - 1 }, [top - 1, top]],
    [{ gte: -top }, sizes],
  ],
  lt: [
    [{ lt: 'a' }, texts.slice(0, 3)],
    [{ lt: '' }, []],
    [{ lt: '😀' }, texts.slice(0, 13)],
    [{ lt: '\u{10000}' }, texts.slice(0, 10)],
    [{ lt: 0 }, [-top, -1]],
    [{ lt: 10 }, sizes.slice(0, 6)],
    [{ lt: top }, sizes.slice(0, 9)],
  ],
  lte: [
    [{ lte: 'a' }, texts.slice(0, 4)],
    [{ lte: '😀' }, texts],
    [{ lte: 0 }, [-top, -1, 0]],
    [{ lte: top - 1 }, sizes.slice(0, 9)],
  ],
  'several operators, AND-ed': [
    [{ gt: 'a', lt: 'é' }, texts.slice(4, 8)],
    [{ gte: 0, lte: 2 }, [0, 0.5, 1, 2]],
    [{ gte: 0, lte: 2, neq: 1 }, [0, 0.5, 2]],
    [{ gt: 0, nin: [1, 2, 10, top - 2, top - 1, top] }, [0.5]],
    [{ in: ['a', 'b', 1], neq: 'a' }, ['b', 1]],
    [{ eq: 'a', neq: 'a' }, []],
    [{ gt: 1, lt: 'z' }, []],
  ],
  'a list: a field that is one of its values, or a list equal to it': [
    [['a'], ['a', ['a']]],
    [
      ['a', 'b'],
      ['a', 'b', ['a', 'b']],
    ],
    [
      ['b', 'a'],
      ['a', 'b', ['b', 'a']],
    ],
    [[1], [1, [1]]],
    [
      [1, 'a', true],
      ['a', 1, true, [1, 'a', true]],
    ],
    [['nowhere'], []],
    [[], [[]]],
  ],
}

/** The key as an identifier, that stores index, and as any other key. */
const keys = ['itemId', 'item_id', 'item']

const data = (key: string, value: unknown): Record<string, unknown> => ({
  groupId: 'g',
  [key]: value,
})

const title = (name: string): string =>
  `every operator, on strings, numbers to 2^53 and booleans: ${name}`

/** What is promised of filters. */
export const operatorLaws: readonly Law[] = [
  ...Object.entries(cases).map(([name, list]): Law => ({
    law: title(name),
    prove: async (open) => {
      for (const key of keys) {
        const { store } = await open()
        await store.commit({
          events: values.map((value) => ({ type: 'A', data: data(key, value) })),
        })
        for (const [entry, expected] of list) {
          const streams = [{ filter: { groupId: 'g', [key]: entry } }]
          const found = await read(store, streams)
          const what = `${key} ${JSON.stringify(entry)}`
          const byText = (value: unknown): string => `${typeof value} ${JSON.stringify(value)}`
          equal(
            found.map((event) => byText((event.data as Record<string, unknown>)[key])).sort(),
            expected.map((value) => byText(value === 0 ? 0 : value)).sort(),
            what,
          )
          const typed = [{ types: ['A'], filter: { [key]: entry } }]
          equal((await read(store, typed)).length, expected.length, `${what}, by type`)
        }
      }
    },
  })),
  ...Object.entries(cases).map(([name, list]): Law => ({
    law: `any boundary works in a condition, as in a read: ${name}`,
    prove: async (open) => {
      for (const key of keys) {
        const { store } = await open()
        await store.commit({
          events: values.map((value) => ({ type: 'A', data: data(key, value) })),
        })
        for (const [entry, expected] of list) {
          if (isEmpty(entry)) continue
          const streams = [{ filter: { groupId: 'g', [key]: entry } }]
          const commit = store.commit({
            events: [{ type: 'CHECKED', data: {} }],
            conditions: [{ streams }],
          })
          if (expected.length === 0) await commit
          else await rejects(commit, 'CONFLICT', `${key} ${JSON.stringify(entry)}`)
        }
      }
    },
  })),
  {
    law: 'a field that is missing, undefined or null in a filter matches nothing, and never fails the query',
    prove: async (open) => {
      for (const key of keys) {
        const { store } = await open()
        await store.commit({
          events: values.map((value) => ({ type: 'A', data: data(key, value) })),
        })
        for (const entry of [undefined, null, { eq: undefined }, { eq: null }]) {
          const filter = { groupId: 'g', [key]: entry as unknown as FilterEntry }
          equal(await read(store, [{ filter }]), [], `${key} ${JSON.stringify(entry)}`)
        }
        const missing = { groupId: 'g', nowhere: { neq: 1 } }
        equal((await read(store, [{ filter: missing }])).length, values.length, 'neq')
      }
    },
  },
]

function isEmpty(entry: FilterEntry): boolean {
  return JSON.stringify(entry) === '[]' || JSON.stringify(entry) === '{"in":[]}'
}

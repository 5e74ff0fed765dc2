import type { EventStore } from '../../store/store.ts'
import type { After, Cursor } from '../../store/stream.ts'
import { equal, rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import { added, cart, field, holdsNothing, numbers, read } from '../samples.ts'

const streams = [cart('cart_1')]

async function fill(store: EventStore, count: number): Promise<Cursor> {
  for (const n of numbers(0, count)) await store.commit({ events: [added('cart_1', { n })] })
  return (await store.load(streams)).cursor
}

/** Every call that takes `after`. */
function calls(store: EventStore, after: After): Record<string, () => Promise<unknown>> {
  return {
    read: () => read(store, streams, { after }),
    'read backwards': () => read(store, streams, { after, backwards: true, limit: 1 }),
    load: () => store.load(streams, { after }),
    commit: () =>
      store.commit({
        events: [added('cart_2')],
        documents: [{ type: 'view', id: 'cart_2', data: 1 }],
        outbox: [{ type: 'message', data: 1 }],
        conditions: [{ streams, after }],
      }),
  }
}

function saving(store: EventStore, cursor: Cursor): () => Promise<unknown> {
  return () =>
    store.commit({ documents: [{ type: 'view', id: 'cart_2', data: 1, cursor, if: 'newer' }] })
}

/** What is promised of cursors that this log never gave. */
export const cursorLaws: readonly Law[] = [
  {
    law: 'a rewound or foreign cursor is refused: the log of another store, shorter, as long or longer',
    prove: async (open) => {
      for (const foreignLength of [1, 3, 5]) {
        const { store } = await open()
        const foreign = await open()
        await fill(store, 3)
        const cursor = await fill(foreign.store, foreignLength)
        for (const [name, call] of Object.entries({
          ...calls(store, cursor),
          'save a document': saving(store, cursor),
        })) {
          const error = await rejects(call(), 'CONFLICT', `${name}, ${foreignLength} of 3`)
          equal(error.conflict.reason, 'rewound', `${name}: the reason`)
          equal(error.conflict.cursor, cursor, `${name}: the cursor`)
        }
        await holdsNothing(store, 'cart_2')
        equal(field(await read(store, streams), 'n'), [0, 1, 2], 'events')
      }
    },
  },
  {
    law: 'a rewound cursor is refused: the log was emptied under the reader',
    prove: async (open) => {
      const { store } = await open()
      const cursor = await fill((await open()).store, 2)
      for (const [name, call] of Object.entries({
        ...calls(store, cursor),
        'save a document': saving(store, cursor),
      })) {
        equal((await rejects(call(), 'CONFLICT', name)).conflict.reason, 'rewound', name)
      }
      await holdsNothing(store, 'cart_2')
    },
  },
  {
    law: 'an unknown event id is refused, also one of another store',
    prove: async (open) => {
      const { store } = await open()
      const other = await open()
      await fill(store, 2)
      const [stranger] = (await other.store.commit({ events: [added('cart_1')] })).events
      for (const eventId of [stranger?.id ?? '', 'nobody', '', '1', '0']) {
        for (const [name, call] of Object.entries(calls(store, { eventId }))) {
          const error = await rejects(call(), 'CONFLICT', `${name} after ${eventId}`)
          equal(error.conflict.reason, 'rewound', `${name}: the reason`)
        }
      }
      await holdsNothing(store, 'cart_2')
    },
  },
  {
    law: 'a malformed cursor is refused',
    prove: async (open) => {
      const { store } = await open()
      await fill(store, 2)
      const malformed: unknown[] = [
        '',
        ' ',
        'latest',
        '~',
        'a~b',
        '-1~a',
        '1.5~a',
        '1~',
        '\0',
        7,
        null,
      ]
      for (const wrong of [...malformed, true, {}, [], { eventId: undefined }, { eventId: 7 }]) {
        for (const [name, call] of Object.entries(calls(store, wrong as After))) {
          await rejects(call(), 'INVALID_ARGUMENT', `${name} after ${JSON.stringify(wrong)}`)
        }
        const call = saving(store, wrong as Cursor)
        await rejects(call(), 'INVALID_ARGUMENT', `save with ${JSON.stringify(wrong)}`)
      }
      await holdsNothing(store, 'cart_2')
    },
  },
  {
    law: 'a cursor outlives the store that gave it: another process goes on from there',
    prove: async (open) => {
      const { store, reopen } = await open()
      const cursor = await fill(store, 3)
      const other = await reopen()
      equal((await other.load(streams)).cursor, cursor, 'the cursor that the other has')
      const events = [added('cart_1', { n: 3 })]
      await other.commit({ events, conditions: [{ streams, after: cursor }] })
      equal(field((await store.load(streams, { after: cursor })).events, 'n'), [3], 'what is new')
      await rejects(store.commit({ events, conditions: [{ streams, after: cursor }] }), 'CONFLICT')
    },
  },
]

import { describe, expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import type { Kind, Outcome } from './page.fixture.ts'
import { browsing, type Tabs } from './tabs.fixture.ts'

declare const eventfold: typeof import('./page.fixture.ts')

const { openTabs } = browsing()
const name = 'full'
const MEGABYTE = 1024 * 1024

/** Commits of about `size` characters each, until one is refused. Returns how many were answered, and why it ended. */
const fill = (page: Page, kind: Kind, size: number) =>
  page.evaluate(
    async ([of, file, length]) => {
      const store = eventfold.store(of, file)
      let answered = 0
      for (;;) {
        // Random, so that nobody saves room by compressing it.
        const bytes = crypto.getRandomValues(new Uint8Array(Math.min(65_536, length)))
        const text = [...bytes].map((byte) => String.fromCharCode(97 + (byte % 26))).join('')
        const tried = await eventfold.outcome(async () => {
          await store.commit({
            events: [
              { type: 'FILLED', data: { text: text.repeat(Math.ceil(length / bytes.length)) } },
              { type: 'NOTED', data: { noteId: String(answered) } },
            ],
            documents: [{ type: 'count', id: 'one', data: { count: answered + 1 }, if: 'any' }],
            outbox: [{ type: 'FILLED', data: answered }],
          })
        })
        if (!('answer' in tried) || answered > 2000) return { answered, error: tried }
        answered += 1
      }
    },
    [kind, name, size] as const,
  )

/** What is stored, as a new store sees it. */
const stored = (page: Page, kind: Kind) =>
  page.evaluate(
    async ([of, file]) => {
      const store = eventfold.open(of, file)
      const events = await eventfold.everything(store)
      const found = {
        events: events.length,
        positions: events.every(({ position }, index) => position === index + 1),
        document: (await store.documents.get('count', 'one'))?.revision,
        messages: (await store.outbox.read({ limit: 10_000 })).length,
      }
      await store.close()
      return found
    },
    [kind, name] as const,
  )

const whole = (commits: number) => ({
  events: commits * 2,
  positions: true,
  document: commits,
  messages: commits,
})

const add = (page: Page, kind: Kind): Promise<Outcome<number>> =>
  page.evaluate(
    ([of, file]) =>
      eventfold.outcome(async () => {
        const store = eventfold.store(of, file)
        return (await store.commit({ events: [{ type: 'ADDED', data: {} }] })).events[0]!.position
      }),
    [kind, name] as const,
  )

const full = {
  code: 'STORE',
  fault: 'full',
  outcome: 'none',
  message: expect.stringContaining(name),
}

/** Ways to run out of room, and to have some again. */
const rooms: Readonly<
  Record<Kind, { size: number; limit: (tabs: Tabs, page: Page) => Promise<() => Promise<unknown>> }>
> = {
  localStorage: {
    size: 200_000,
    limit: async (_, page) => {
      // Browsers give an origin 5 million characters; this is of somebody else.
      await page.evaluate(() => localStorage.setItem('ballast', 'x'.repeat(3_000_000)))
      return () => page.evaluate(() => localStorage.removeItem('ballast'))
    },
  },
  sessionStorage: {
    size: 200_000,
    limit: async (_, page) => {
      await page.evaluate(() => sessionStorage.setItem('ballast', 'x'.repeat(3_000_000)))
      return () => page.evaluate(() => sessionStorage.removeItem('ballast'))
    },
  },
  IndexedDB: {
    size: 300_000,
    limit: async ({ context, origin }, page) => {
      const session = await context.newCDPSession(page)
      const set = (quotaSize: number) =>
        session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize })
      await set(8 * MEGABYTE)
      return () => set(64 * MEGABYTE)
    },
  },
}

describe.each(Object.keys(rooms) as Kind[])('%s that is full', (kind) => {
  const { size, limit } = rooms[kind]

  test('refuses with its fault, keeps all that it answered, and goes on when there is room', async () => {
    await using tabs = await openTabs()
    const page = await tabs.open()
    const makeRoom = await limit(tabs, page)
    const { answered, error } = await fill(page, kind, size)
    expect(error).toMatchObject(full)
    expect(answered).toBeGreaterThan(3)
    expect(await stored(page, kind)).toEqual(whole(answered))
    // The store that was refused has not gone ahead of what is stored.
    expect((await fill(page, kind, size)).error).toMatchObject(full)
    await makeRoom()
    const more = await fill(page, kind, size)
    expect(more.error).toMatchObject(full)
    expect(more.answered).toBeGreaterThan(3)
    expect(await stored(page, kind)).toMatchObject({
      events: (answered + more.answered) * 2,
      positions: true,
    })
  })

  test('refuses one that is too large, and takes its neighbours', async () => {
    await using tabs = await openTabs()
    const page = await tabs.open()
    await limit(tabs, page)
    const { answered } = await fill(page, kind, size)
    const outcomes = await page.evaluate(
      ([of, file, length]) => {
        const store = eventfold.store(of, file)
        return Promise.all(
          [1, length * 2, 1].map((count) =>
            eventfold.outcome(async () => {
              const text = 'x'.repeat(count)
              return (await store.commit({ events: [{ type: 'ADDED', data: { text } }] }))
                .events[0]!.position
            }),
          ),
        )
      },
      [kind, name, size] as const,
    )
    const head = answered * 2
    expect(outcomes).toEqual([
      { answer: head + 1 },
      expect.objectContaining(full),
      { answer: head + 2 },
    ])
    expect(await add(page, kind)).toEqual({ answer: head + 3 })
    expect(await stored(page, kind)).toMatchObject({ events: head + 3, positions: true })
  })
})

test('localStorage is full only when nothing is left that was overwritten or sent', async () => {
  await using tabs = await openTabs()
  const [writing, reading] = await Promise.all([tabs.open(), tabs.open()])
  const written = await writing.evaluate(async (file) => {
    const store = eventfold.store('localStorage', file)
    // Ten times what an origin has room for, if all of it had to stay.
    for (let count = 1; count <= 250; count += 1) {
      const text = String(count).padEnd(200_000, '.')
      await store.commit({
        events: [{ type: 'COUNTED', data: { count } }],
        documents: [{ type: 'view', id: 'one', data: { text }, if: 'any' }],
      })
    }
    return 250
  }, name)
  const seen = await reading.evaluate(async (file) => {
    const store = eventfold.store('localStorage', file)
    const events = await eventfold.everything(store)
    const document = await store.documents.get('view', 'one')
    const { text = '' } = (document?.data ?? {}) as { text?: string }
    return {
      events: events.length,
      revision: document?.revision,
      text: [Number.parseInt(text), text.length],
    }
  }, name)
  expect(seen).toEqual({ events: written, revision: written, text: [written, 200_000] })
})

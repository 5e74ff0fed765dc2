import { expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import type { Kind } from './page.fixture.ts'
import { browsing } from './tabs.fixture.ts'

declare const eventfold: typeof import('./page.fixture.ts')

const { openTabs } = browsing()
const kinds: readonly Kind[] = ['localStorage', 'IndexedDB']
const name = 'live'

const append = (page: Page, kind: Kind, log: string): Promise<void> =>
  page.evaluate(
    async ([of, file]) => {
      await eventfold.store(of, file).commit({ events: [{ type: 'NOTED', data: {} }] })
    },
    [kind, log] as const,
  )

test.each(kinds)(
  'a tab that watches %s is told of commits of others, and of no other log',
  async (kind) => {
    await using tabs = await openTabs()
    const [writing, watching] = await Promise.all([tabs.open(), tabs.open()])
    const seen = (): Promise<number[]> => watching.evaluate(() => globalThis.seen)
    await watching.evaluate(
      async ([of, file]) => {
        const store = eventfold.store(of, file)
        globalThis.seen = []
        globalThis.end = store.watch(() => {
          // A wake-up: what happened is read, and is there.
          void eventfold.everything(store).then(({ length }) => globalThis.seen.push(length))
        })
      },
      [kind, name] as const,
    )
    await append(writing, kind, name)
    await expect.poll(async () => (await seen()).at(-1)).toBe(1)
    for (let count = 0; count < 20; count += 1) await append(writing, kind, name)
    await expect.poll(async () => (await seen()).at(-1)).toBe(21)
    await append(watching, kind, name)
    await expect.poll(async () => (await seen()).at(-1)).toBe(22)
    // What was told twice is told by now.
    await watching.waitForTimeout(300)
    const { length } = await seen()
    await append(writing, kind, `${name}/1`)
    await append(writing, kind, 'other')
    await watching.evaluate(() => globalThis.end())
    await append(writing, kind, name)
    await writing.waitForTimeout(300)
    expect(await seen()).toHaveLength(length)
  },
)

test.each(kinds)(
  'who subscribes to %s gets the aggregates that any tab has changed',
  async (kind) => {
    await using tabs = await openTabs()
    const [here, there] = await Promise.all([tabs.open(), tabs.open()])
    const pages = [here, there]
    const prepare = (page: Page): Promise<void> =>
      page.evaluate(
        ([of, file]) => {
          const store = eventfold.store(of, file)
          const { Aggregate, createEvent, Processor } = eventfold.core
          const processor = new Processor<number, { by: number }>(
            { ADDED: ({ state, current }) => state + current.by },
            () => 0,
          )
          const sums = new Aggregate({ type: 'SUM', store, processor })
          globalThis.add = async (by) =>
            void (await sums.append('one', createEvent('ADDED', { by })))
          globalThis.changes = []
          store.subscribe((change) => {
            throw new Error(`${change.ref.id} harms nobody`)
          })
          globalThis.end = store.subscribe((change) => globalThis.changes.push(change))
        },
        [kind, name] as const,
      )
    await Promise.all(pages.map(prepare))
    const changes = (page: Page): Promise<unknown[]> => page.evaluate(() => globalThis.changes)
    const change = (source: string, state: number, sequence: number) => ({
      ref: { type: 'SUM', id: 'one' },
      source,
      snapshot: { ref: { type: 'SUM', id: 'one' }, state, sequence },
    })
    await here.evaluate(() => globalThis.add(5))
    await expect.poll(() => changes(here)).toEqual([change('local', 5, 1)])
    await expect.poll(() => changes(there)).toEqual([change('storage', 5, 1)])
    await there.evaluate(() => globalThis.add(2))
    await expect.poll(() => changes(here)).toEqual([change('local', 5, 1), change('storage', 7, 2)])
    await here.evaluate(() => globalThis.end())
    await there.evaluate(() => globalThis.add(1))
    await expect.poll(async () => (await changes(there)).at(-1)).toEqual(change('local', 8, 3))
    expect(await changes(here)).toHaveLength(2)
  },
)

test('a tab has its sessionStorage for itself', async () => {
  await using tabs = await openTabs()
  const [here, there] = await Promise.all([tabs.open(), tabs.open()])
  for (const page of [here, there]) {
    await page.evaluate((file) => {
      globalThis.seen = []
      eventfold.store('sessionStorage', file).watch(() => void globalThis.seen.push(1))
    }, name)
  }
  await append(here, 'sessionStorage', name)
  await expect.poll(() => here.evaluate(() => globalThis.seen)).toEqual([1])
  await there.waitForTimeout(300)
  expect(await there.evaluate(() => globalThis.seen)).toEqual([])
  const counts = [here, there].map((page) =>
    page.evaluate(
      async (file) => (await eventfold.everything(eventfold.store('sessionStorage', file))).length,
      name,
    ),
  )
  expect(await Promise.all(counts)).toEqual([1, 0])
})

/** What a page keeps for its test. */
declare global {
  var seen: number[]
  var changes: unknown[]
  var add: (by: number) => Promise<void>
  var end: () => void
}

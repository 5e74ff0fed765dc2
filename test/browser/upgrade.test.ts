import { readFile } from 'node:fs/promises'
import { build } from 'esbuild'
import { beforeAll, expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import { browsing, type Tabs } from './tabs.fixture.ts'

declare const eventfold: typeof import('./page.fixture.ts')

const { openTabs } = browsing()
const name = 'upgraded'

/** What a later version may be: its database has one upgrade more. */
let later = ''
beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: ['test/browser/page.fixture.ts'],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'eventfold',
    target: 'es2024',
    conditions: ['eventfold-source'],
    write: false,
    plugins: [
      {
        name: 'later',
        setup: (bundler) =>
          bundler.onLoad({ filter: /indexed-db\/schema\.ts$/ }, async ({ path }) => {
            const text = await readFile(path, 'utf8')
            const more = `(database) => void database.createObjectStore('later'),\n]`
            const contents = text.replace(/^\]$/m, more)
            expect(contents).not.toBe(text)
            return { contents, loader: 'ts' as const }
          }),
      },
    ],
  })
  later = outputFiles[0]!.text
})

async function openLater({ context, origin }: Tabs): Promise<{ page: Page; warned: string[] }> {
  const page = await context.newPage()
  const warned: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'warning') warned.push(message.text())
  })
  await page.goto(origin)
  await page.addScriptTag({ content: later })
  return { page, warned }
}

const count = (page: Page, writer: string): Promise<unknown> =>
  page.evaluate(
    ([file, by]) =>
      eventfold.outcome(() => eventfold.count(eventfold.store('IndexedDB', file), by, 3)),
    [name, writer] as const,
  )

/** What is stored, and which version of the database it is in. */
const found = (page: Page) =>
  page.evaluate(async (file) => {
    const log = eventfold.store('IndexedDB', file)
    const { length } = await eventfold.everything(log)
    const [database] = await indexedDB.databases()
    return { faults: await eventfold.faultsOf(log), length, version: database?.version }
  }, name)

const upgraded = (length: number) => ({ faults: [], length, version: 2 })

test('a later version takes the log over with all that is in it, and the older one says to reload', async () => {
  await using tabs = await openTabs()
  const old = await tabs.open()
  expect(await count(old, 'old')).toEqual({ answer: 3 })
  const { page, warned } = await openLater(tabs)
  expect(await found(page)).toEqual(upgraded(6))
  expect(await count(page, 'later')).toEqual({ answer: 3 })
  expect(await found(page)).toEqual(upgraded(12))
  expect(await count(old, 'old')).toMatchObject({
    code: 'STORE',
    fault: 'newer-version',
    outcome: 'none',
    message: expect.stringMatching(/upgraded.*Reload/),
  })
  // Nobody was in its way.
  expect(warned).toEqual([])
})

test('an upgrade that a tab blocks announces itself, and goes on when the tab has gone', async () => {
  await using tabs = await openTabs()
  const old = await tabs.open()
  expect(await count(old, 'old')).toEqual({ answer: 3 })
  // A tab that does not let go, as one does that hangs.
  const hanging = await tabs.open()
  await hanging.evaluate(
    (file) =>
      new Promise<void>((resolve) => {
        const request = indexedDB.open(file)
        request.addEventListener('success', () => resolve())
        Object.assign(globalThis, { request })
      }),
    name,
  )
  const { page, warned } = await openLater(tabs)
  const impatient = await page.evaluate(async (file) => {
    const store = new eventfold.browser.IndexedDBEventStore({ name: file, busyTimeout: 300 })
    const outcome = await eventfold.outcome(() => eventfold.everything(store))
    await store.close()
    return outcome
  }, name)
  expect(impatient).toMatchObject({ code: 'STORE', fault: 'busy', outcome: 'none' })
  expect(warned).toEqual([expect.stringMatching(/upgraded waits.*Close or reload that tab/)])
  const waiting = found(page)
  await hanging.close()
  expect(await waiting).toEqual(upgraded(6))
})

test('other identifiers are refused until the log is indexed by them', async () => {
  await using tabs = await openTabs()
  const page = await tabs.open()
  const outcomes = await page.evaluate(async (file) => {
    const { IndexedDBEventStore, reindexIndexedDB } = eventfold.browser
    const identifiers = ['sku']
    await eventfold.store('IndexedDB', file).commit({
      events: ['a', 'b', 'a'].map((sku, id) => ({ type: 'SOLD', data: { orderId: id, sku } })),
    })
    const other = new IndexedDBEventStore({ name: file, identifiers })
    const load = () =>
      eventfold.outcome(async () => {
        const { events } = await other.load([{ filter: { sku: 'a' } }])
        return events.map(({ position }) => position)
      })
    const before = await load()
    await reindexIndexedDB({ name: file, identifiers })
    return [before, await load()]
  }, name)
  expect(outcomes).toEqual([
    expect.objectContaining({
      fault: 'identifiers',
      message: expect.stringContaining('run reindexIndexedDB'),
    }),
    { answer: [1, 3] },
  ])
})

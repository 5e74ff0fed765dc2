import { describe, expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import type { Kind } from './page.fixture.ts'
import { browsing, type Tabs } from './tabs.fixture.ts'

declare const eventfold: typeof import('./page.fixture.ts')

const frame = `<iframe sandbox="allow-scripts" srcdoc="<script src='/eventfold.js'></script>"></iframe>`
const { openTabs } = browsing({ pages: { '/frame': frame } })

const name = 'taken'
const kinds: readonly Kind[] = ['localStorage', 'IndexedDB']

/** What becomes of a commit and of a read on the store that this page has, or on a new one. */
const use = (page: Pick<Page, 'evaluate'>, kind: Kind, opened: 'store' | 'open' = 'store') =>
  page.evaluate(
    async ([of, file, how]) => {
      const store = eventfold[how](of, file)
      const event = { type: 'NOTED', data: {} }
      const read = await eventfold.outcome(async () => (await eventfold.everything(store)).length)
      const written = await eventfold.outcome(async () => {
        return (await store.commit({ events: [event] })).events[0]?.position
      })
      return { read, written }
    },
    [kind, name, opened] as const,
  )

const refusal = (fault: string) => {
  const error = { code: 'STORE', fault, outcome: 'none', message: expect.stringContaining(name) }
  return { read: error, written: error }
}

/** The keys of the log's records, or the rows of its database, as a page without its code sees them. */
const remains = (page: Page, kind: Kind): Promise<unknown[]> =>
  page.evaluate(
    async ([of, file]) => {
      if (of === 'localStorage') return Object.keys(localStorage)
      const known = await indexedDB.databases()
      if (!known.some((each) => each.name === file)) return []
      return new Promise<unknown[]>((resolve, reject) => {
        const request = indexedDB.open(file)
        request.addEventListener('error', () => reject(request.error!))
        request.addEventListener('success', () => {
          const { result: database } = request
          const rows: unknown[] = []
          const transaction = database.transaction([...database.objectStoreNames])
          for (const each of database.objectStoreNames) {
            const all = transaction.objectStore(each).getAll()
            all.addEventListener('success', () => rows.push(...(all.result as unknown[])))
          }
          transaction.addEventListener('complete', () => {
            database.close()
            resolve(rows)
          })
        })
      })
    },
    [kind, name] as const,
  )

describe('storage that the user clears', () => {
  const clear = async ({ context, origin }: Tabs, page: Page): Promise<void> => {
    const session = await context.newCDPSession(page)
    await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' })
  }
  const ways: Readonly<Record<string, [Kind, (tabs: Tabs, page: Page) => Promise<void>]>> = {
    'localStorage, in the settings': ['localStorage', clear],
    'IndexedDB, in the settings': ['IndexedDB', clear],
    'localStorage, in another tab': [
      'localStorage',
      async (_, page) => page.evaluate(() => localStorage.clear()),
    ],
    'IndexedDB, in another tab': [
      'IndexedDB',
      (_, page) =>
        page.evaluate(
          (file) =>
            new Promise<void>((resolve, reject) => {
              const request = indexedDB.deleteDatabase(file)
              request.addEventListener('success', () => resolve())
              request.addEventListener('error', () => reject(request.error!))
            }),
          name,
        ),
    ],
  }

  test.each(Object.keys(ways))('%s', async (way) => {
    const [kind, take] = ways[way]!
    await using tabs = await openTabs()
    const [here, there] = await Promise.all([tabs.open(), tabs.open()])
    for (const position of [1, 2]) {
      expect(await use(here, kind)).toEqual({
        read: { answer: position - 1 },
        written: { answer: position },
      })
    }
    await take(tabs, there)
    // The store that was open goes on with nothing, and writes nothing; not only once.
    await expect.poll(async () => (await use(here, kind)).read).not.toHaveProperty('answer')
    for (let round = 0; round < 2; round += 1) {
      expect(await use(here, kind)).toEqual(refusal('cleared'))
    }
    expect(await remains(there, kind)).toEqual([])
    // A new one begins a new log, here and elsewhere, also while the old one is still there.
    const fresh = { read: { answer: 0 }, written: { answer: 1 } }
    expect(await use(there, kind, 'open')).toEqual(fresh)
    expect(await use(here, kind, 'open')).toMatchObject({ read: { answer: 1 } })
    expect(await use(here, kind)).toEqual(refusal('cleared'))
  })

  test('one record of localStorage is no log any more', async () => {
    await using tabs = await openTabs()
    const [here, there] = await Promise.all([tabs.open(), tabs.open()])
    for (let count = 0; count < 3; count += 1) await use(here, 'localStorage')
    const key = (await remains(here, 'localStorage')).find((each) => String(each).endsWith('/2'))
    await there.evaluate((each) => localStorage.removeItem(each), String(key))
    expect(await use(there, 'localStorage')).toEqual(refusal('not-a-log'))
  })

  test('the rows of IndexedDB, below the database that stays', async () => {
    await using tabs = await openTabs()
    const [here, there] = await Promise.all([tabs.open(), tabs.open()])
    for (let count = 0; count < 3; count += 1) await use(here, 'IndexedDB')
    await there.evaluate(
      (file) =>
        new Promise<void>((resolve) => {
          const request = indexedDB.open(file)
          request.addEventListener('success', () => {
            const { result } = request
            const transaction = result.transaction([...result.objectStoreNames], 'readwrite')
            for (const each of result.objectStoreNames) transaction.objectStore(each).clear()
            transaction.addEventListener('complete', () => {
              result.close()
              resolve()
            })
          })
        }),
      name,
    )
    expect(await use(here, 'IndexedDB')).toEqual(refusal('cleared'))
    expect((await use(there, 'IndexedDB')).written).toEqual({ answer: 1 })
  })
})

describe('storage that the page may not use', () => {
  test.each(kinds)('%s', async (kind) => {
    await using tabs = await openTabs()
    const page = await tabs.open('/frame')
    const sandboxed = await page.locator('iframe').elementHandle()
    const inside = (await sandboxed.contentFrame())!
    await inside.waitForFunction(() => 'eventfold' in globalThis)
    expect(await use(inside, kind)).toEqual(refusal('denied'))
  })
})

describe('a newer version in another tab', () => {
  const openNewer = (page: Page): Promise<number> =>
    page.evaluate(
      (file) =>
        new Promise<number>((resolve, reject) => {
          const request = indexedDB.open(file, 1000)
          request.addEventListener('success', () => {
            request.result.close()
            resolve(request.result.version)
          })
          request.addEventListener('error', () => reject(request.error!))
        }),
      name,
    )

  test('takes the database over from the tabs that have it open', async () => {
    await using tabs = await openTabs()
    const [old, newer] = await Promise.all([tabs.open(), tabs.open()])
    expect((await use(old, 'IndexedDB')).written).toEqual({ answer: 1 })
    expect(await openNewer(newer)).toBe(1000)
    expect(await use(old, 'IndexedDB')).toEqual(refusal('newer-version'))
    expect(await use(old, 'IndexedDB', 'open')).toEqual(refusal('newer-version'))
  })

  test('waits for what is being committed, which is kept', async () => {
    await using tabs = await openTabs()
    const [old, newer] = await Promise.all([tabs.open(), tabs.open()])
    await use(old, 'IndexedDB')
    const before = JSON.stringify(await remains(newer, 'IndexedDB')).match(/01[0-9A-Z]{24}/g) ?? []
    const committing = old.evaluate((file) => {
      const store = eventfold.store('IndexedDB', file)
      const commits = Array.from({ length: 200 }, () =>
        eventfold.outcome(async () => {
          return (await store.commit({ events: [{ type: 'NOTED', data: {} }] })).events[0]!.id
        }),
      )
      return Promise.all(commits)
    }, name)
    await openNewer(newer)
    const answers = await committing
    // Whatever the rows look like, the ids of events are in them.
    const stored = JSON.stringify(await remains(newer, 'IndexedDB')).match(/01[0-9A-Z]{24}/g)
    const answered = answers.flatMap((each) => ('answer' in each ? each.answer : []))
    expect(new Set(stored)).toEqual(new Set([...before, ...answered]))
    const refused = answers.filter((each) => !('answer' in each))
    const error = { fault: 'newer-version', outcome: 'none' }
    expect(refused).toEqual(refused.map(() => expect.objectContaining(error)))
  })

  test('writes records to localStorage that this one does not know', async () => {
    await using tabs = await openTabs()
    const [old, newer] = await Promise.all([tabs.open(), tabs.open()])
    expect((await use(old, 'localStorage')).written).toEqual({ answer: 1 })
    await newer.evaluate(() => {
      const [key = ''] = Object.keys(localStorage)
      const record = JSON.parse(localStorage.getItem(key)!) as Record<string, unknown>
      const format = Object.keys(record).find((field) => record[field] === 1)!
      localStorage.setItem(key.replace(/1$/, '2'), JSON.stringify({ ...record, [format]: 1000 }))
    })
    await expect
      .poll(async () => (await use(old, 'localStorage')).read)
      .toMatchObject({ fault: 'newer-version' })
    expect(await use(old, 'localStorage')).toEqual(refusal('newer-version'))
    expect(await remains(newer, 'localStorage')).toHaveLength(2)
  })
})

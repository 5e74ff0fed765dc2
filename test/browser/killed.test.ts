import { describe, expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import type { Kind } from './page.fixture.ts'
import { browsing, temporaryFolder } from './tabs.fixture.ts'

declare const eventfold: typeof import('./page.fixture.ts')

const { openTabs, openProfile } = browsing()

const name = 'killed'

/** Counts for ever, and resolves when `enough` commits are answered; they are noted as they come. */
async function countUntil(
  page: Page,
  kind: Kind,
  writer: string,
  enough: number,
): Promise<number[]> {
  const answered: number[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  await page.exposeFunction('answered', (number: number) => {
    answered.push(number)
    if (answered.length === enough) resolve()
  })
  const counting = page.evaluate(
    async ([log, by, file]) => {
      const { answered: tell } = globalThis as unknown as { answered: (number: number) => unknown }
      await eventfold.count(eventfold.store(log, file), by, 1e6, tell)
    },
    [kind, writer, name] as const,
  )
  await Promise.race([promise, counting])
  // From here on it ends when its tab does.
  counting.catch(() => {})
  return answered
}

/** What another tab finds, and whether it can go on. */
async function findIn(page: Page, kind: Kind, writer: string) {
  return page.evaluate(
    async ([log, by, file]) => {
      const store = eventfold.open(log, file)
      const faults = await eventfold.faultsOf(store)
      const numbers = await eventfold.numbersOf(store, by)
      await eventfold.count(store, `${by}, afterwards`, 5)
      const goesOn = await eventfold.faultsOf(store)
      return { faults: [...faults, ...goesOn], numbers }
    },
    [kind, writer, name] as const,
  )
}

const counts = (from: number[]): number[] => from.map((_, index) => index + 1)

const ends: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  closed: (page) => page.close({ runBeforeUnload: false }),
  crashed: async (page) => {
    const crashed = page.waitForEvent('crash')
    const session = await page.context().newCDPSession(page)
    session.send('Page.crash').catch(() => {})
    await crashed
  },
}

describe.each(Object.keys(ends))('a tab that is %s in the middle of its commits', (end) => {
  test.each<Kind>(['localStorage', 'IndexedDB'])(
    'leaves what it was answered in %s, nothing half, and the others go on',
    async (kind) => {
      await using tabs = await openTabs()
      const [dying, living] = await Promise.all([tabs.open(), tabs.open()])
      const others = await countUntil(living, kind, 'living', 20)
      const answered = await countUntil(dying, kind, 'dying', 60)
      await ends[end]!(dying)
      const { length } = others
      // The other tab does not stop for it.
      await expect.poll(() => others.length, { timeout: 30_000 }).toBeGreaterThan(length + 20)
      await living.close()
      const { faults, numbers } = await findIn(await tabs.open(), kind, 'dying')
      expect(faults).toEqual([])
      expect(numbers).toEqual(counts(numbers))
      expect(numbers).toEqual(expect.arrayContaining(answered))
    },
  )
})

describe('a browser that keeps what is stored', () => {
  test.each<Kind>(['localStorage', 'IndexedDB'])(
    'and is closed in the middle of commits has all of %s when it is opened again',
    async (kind) => {
      using folder = temporaryFolder()
      const first = await openProfile(folder.path)
      const answered = await countUntil(await first.open(), kind, 'tab', 100)
      await first[Symbol.asyncDispose]()
      await using second = await openProfile(folder.path)
      const { faults, numbers } = await findIn(await second.open(), kind, 'tab')
      expect(faults).toEqual([])
      expect(numbers).toEqual(counts(numbers))
      expect(numbers).toEqual(expect.arrayContaining(answered))
    },
  )

  test('and is killed in the middle of commits has all that IndexedDB has answered', async () => {
    using folder = temporaryFolder()
    const answered: number[] = []
    for (const round of [1, 2, 3]) {
      const profile = await openProfile(folder.path)
      const page = await profile.open()
      const before = await findIn(page, 'IndexedDB', `round ${round - 1}`)
      expect(before.faults).toEqual([])
      expect(before.numbers).toEqual(counts(before.numbers))
      expect(before.numbers).toEqual(expect.arrayContaining(answered))
      const running = await countUntil(page, 'IndexedDB', `round ${round}`, 50 * round)
      await profile.kill()
      answered.splice(0, Infinity, ...running)
    }
  })

  test('and is killed has a whole log in localStorage, and what it lost is not taken for unchanged', async () => {
    using folder = temporaryFolder()
    const killed = await openProfile(folder.path)
    const page = await killed.open()
    await page.evaluate(
      (file) => eventfold.count(eventfold.store('localStorage', file), 'old', 5),
      name,
    )
    // A browser writes localStorage to its disk when it likes, at the latest when it ends.
    await killed[Symbol.asyncDispose]()
    const again = await openProfile(folder.path)
    const counting = await again.open()
    const answered = await countUntil(counting, 'localStorage', 'new', 50)
    const cursor = await counting.evaluate(
      async (file) => (await eventfold.store('localStorage', file).load('all')).cursor,
      name,
    )
    await again.kill()
    await using last = await openProfile(folder.path)
    const after = await last.open()
    const there = await after.evaluate(
      async (file) => (await eventfold.everything(eventfold.store('localStorage', file))).length,
      name,
    )
    const decided = await after.evaluate(
      ([file, seen]) =>
        eventfold.outcome(async () => {
          const store = eventfold.store('localStorage', file)
          await store.commit({
            events: [{ type: 'DECIDED', data: {} }],
            conditions: [{ streams: 'all', after: seen }],
          })
        }),
      [name, cursor] as const,
    )
    // What was seen is gone, or is there with what came after it.
    const reason = there < Number.parseInt(cursor) ? 'rewound' : 'condition'
    expect(decided).toMatchObject({ code: 'CONFLICT', reason })
    const { faults, numbers } = await findIn(after, 'localStorage', 'new')
    expect(faults).toEqual([])
    expect(numbers).toEqual(counts(numbers))
    console.log(
      `localStorage has ${numbers.length} of ${answered.length} answered commits after a kill`,
    )
  })
})

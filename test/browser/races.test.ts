import { expect, test } from 'vitest'
import type { Kind } from './page.fixture.ts'
import { browsing } from './tabs.fixture.ts'

/** What a page has. */
declare const eventfold: typeof import('./page.fixture.ts')

const TIMES = 500

const { openTabs } = browsing()

test.each<{ kind: Kind; workers: number }>([
  { kind: 'localStorage', workers: 0 },
  { kind: 'IndexedDB', workers: 1 },
])(
  'three tabs and $workers workers that count on $kind at once lose and repeat nothing',
  async ({ kind, workers }) => {
    await using tabs = await openTabs()
    const pages = await Promise.all(Array.from({ length: 3 }, () => tabs.open()))
    const counting = pages.map((page, tab) =>
      page.evaluate(
        async ([log, writer, times]) =>
          eventfold.count(eventfold.store(log, 'race'), writer, times),
        [kind, `tab ${tab}`, TIMES] as const,
      ),
    )
    const inWorkers = pages.slice(0, workers).map((page, number) =>
      page.evaluate(
        ([log, writer, times]) =>
          new Promise<number>((resolve, reject) => {
            const worker = new Worker('/worker.js')
            worker.addEventListener('message', ({ data }: MessageEvent<number>) => resolve(data))
            worker.addEventListener('error', ({ message }) => reject(new Error(message)))
            const task = { kind: log, name: 'race', writer, times }
            // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has none
            worker.postMessage(task)
          }),
        [kind, `worker ${number}`, TIMES] as const,
      ),
    )
    const attempts = await Promise.all([...counting, ...inWorkers])
    console.log(`${kind}: ${attempts.join(', ')} attempts for ${TIMES} commits each`)
    // A tab that takes no part in it, and one that does, see the same.
    for (const page of [await tabs.open(), ...pages]) {
      const found = await page.evaluate(async (log) => {
        const store = eventfold.store(log, 'race')
        const events = await eventfold.everything(store)
        return { faults: await eventfold.faultsOf(store), count: events.length }
      }, kind)
      expect(found).toEqual({ faults: [], count: attempts.length * TIMES * 2 })
    }
    // Otherwise nobody was in anybody's way.
    expect(attempts.reduce((sum, each) => sum + each)).toBeGreaterThan(attempts.length * TIMES)
  },
  180_000,
)

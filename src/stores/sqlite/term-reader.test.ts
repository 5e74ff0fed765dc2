import { expect, test } from 'vitest'
import { openTuned, temporaryFolder } from './stores.fixture.ts'

test('a search backwards ends, where the events of a type lie in rows apart', async () => {
  using folder = temporaryFolder()
  const path = folder.file('log.db')
  // Each closing files what was written before: one row of the index for each event.
  for (const type of ['A', 'B', 'A', 'B']) {
    await using store = openTuned(path, { filing: { threshold: () => 1, rows: 512 } })
    await store.commit({ events: [{ type, data: { n: 1 } }] })
    await filed()
  }
  await using store = openTuned(path, {})
  const streams = [{ types: ['A'], filter: { n: 2 } }]
  const found = Array.fromAsync(store.read(streams, { backwards: true, limit: 1 }))
  await expect(found).resolves.toEqual([])
})

/** Filing takes a few turns of the event loop. */
async function filed(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) {
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
}

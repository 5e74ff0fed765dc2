import { hurried, openTuned } from './stores.fixture.ts'

/*
 * One of several processes on one file. It counts up a counter that all of them share, each number by a
 * decision on what it has read, and beside it files numbers of its own without a condition. What was
 * acknowledged goes to the output, one line each.
 */
const [path = '', name = '', rounds = '0'] = process.argv.slice(2)
const streams = [{ types: ['COUNTED'], filter: { counterId: 'shared' } }]

await using store = openTuned(path, { filing: { ...hurried, threshold: () => 40 } })
for (let round = 0; round < Number(rounds); round += 1) {
  const number = await count()
  console.log(`counted ${number}`)
  const own = { type: 'NOTED', data: { writerId: name, round } }
  await Promise.all([store.commit({ events: [own, own] }), store.commit({ events: [own] })])
  console.log(`noted ${round}`)
}

/** Appends the next number, however often somebody else was faster. */
async function count(): Promise<number> {
  for (;;) {
    const { events, cursor } = await store.load(streams)
    const number = events.length + 1
    const event = { type: 'COUNTED', data: { counterId: 'shared', writerId: name, number } }
    try {
      await store.commit({ events: [event], conditions: [{ streams, after: cursor }] })
      return number
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'CONFLICT') throw error
    }
  }
}

import { setTimeout as delay } from 'node:timers/promises'
import { openLog } from './store.fixture.ts'

/*
 * One of several processes that write messages into one log, until SIGTERM. Each event names its messages.
 */
const [target = '', writer = ''] = process.argv.slice(2)
const KEYS = 8
const PAUSE = 60

let goesOn = true
process.on('SIGTERM', () => {
  goesOn = false
})
const store = await openLog(target)
console.log('ready')
for (let round = 0; goesOn; round += 1) {
  const outbox = Array.from({ length: 1 + (round % 3) }, (_, index) => {
    const key = Math.floor(Math.random() * (KEYS + 1))
    // Those of the last one have no order key: their event, the first, has no identifier.
    const orderKey = key === KEYS ? undefined : `key_${key}`
    return { id: `${writer}-${round}-${index}`, type: 'message', data: null, orderKey }
  })
  const messages = outbox.map(({ id, orderKey }) => [id, orderKey ?? null])
  // Filed under the order keys, for within one key all stores tell what was committed first.
  const keys = messages.map(([, key]) => [`${key ?? 'no'}_id`, 1])
  const written = { type: 'WRITTEN', data: { messages, ...Object.fromEntries(keys) } }
  await store.commit({ events: [{ type: 'CAUSE', data: {} }, written], outbox })
  await delay(Math.random() * PAUSE)
}
await store.close()

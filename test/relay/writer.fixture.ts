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
    // Those of the last one have no order key: the event has no identifier.
    const orderKey = key === KEYS ? undefined : `key_${key}`
    return { id: `${writer}-${round}-${index}`, type: 'message', data: null, orderKey }
  })
  const messages = outbox.map(({ id, orderKey }) => [id, orderKey ?? null])
  await store.commit({ events: [{ type: 'WRITTEN', data: { messages } }], outbox })
  await delay(Math.random() * PAUSE)
}
await store.close()

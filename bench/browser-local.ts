import { createEventId, type EventStore } from 'eventfold'
import { openWebStorage } from '../src/stores/web/web-storage/index.ts'
import { aggregateAppends } from './browser-aggregate.ts'
import { Carts } from './browser-carts.ts'
import { inTurns, type Measured } from './measure.ts'
import { CARTS, cartIdOf, randomNumbers, sampleEvent } from './sample.ts'

const EVENTS = 2_000
const ROUNDS = 9
/** Of each round. */
const APPENDS = 100
const OPENINGS = 5

const random = randomNumbers(7)
const open = (namespace: string): EventStore => openWebStorage({ storage: localStorage, namespace })

/** What localStorage does, beside plain items of it. */
export async function local(): Promise<readonly Measured[]> {
  const [forOne, forAggregates] = [open('one'), open('aggregates')]
  const one = await Carts.of(forOne)
  const aggregates = aggregateAppends(forAggregates)
  let items = 0
  const underLocks = async (): Promise<number> => {
    for (let done = 0; done < APPENDS; done += 1) {
      await navigator.locks.request('raw', () => setItems((items += 1) - 1, 1))
    }
    return APPENDS
  }
  const commits = await inTurns(
    [
      { name: 'raw setItem', run: () => setItems((items += APPENDS) - APPENDS, APPENDS) },
      { name: 'raw setItem under a lock', run: underLocks },
      { name: 'conditional append', run: () => one.append(1, APPENDS, random) },
      { name: 'append to an aggregate', run: () => aggregates(APPENDS) },
    ],
    ROUNDS,
  )
  await forOne.close()
  await forAggregates.close()
  // There is room for 5 MB.
  localStorage.clear()
  setItems(0, EVENTS)
  await fill()
  const openings = await inTurns(
    [
      { name: 'raw getItem and parse of 2,000', run: readItems },
      { name: 'open 2,000 and load', run: openAndLoad },
    ],
    ROUNDS,
  )
  localStorage.clear()
  return [...commits, ...openings]
}

async function fill(): Promise<void> {
  const store = open('opened')
  for (let done = 0; done < EVENTS; done += 1) {
    await store.commit({ events: [sampleEvent(random, done % CARTS)] })
  }
  await store.close()
}

function setItems(from: number, count: number): number {
  for (let done = 1; done <= count; done += 1) {
    const timestamp = new Date().toISOString()
    const event = { id: createEventId(), timestamp, ...sampleEvent(random) }
    localStorage.setItem(`raw/${from + done}`, JSON.stringify(event))
  }
  return count
}

function readItems(): number {
  for (let done = 0; done < OPENINGS; done += 1) {
    const events = Array.from({ length: EVENTS }, (_, index): { type: string } =>
      JSON.parse(localStorage.getItem(`raw/${index + 1}`) ?? ''),
    )
    if (!events.every(({ type }) => type)) throw new Error('an item is not an event')
  }
  return OPENINGS
}

async function openAndLoad(): Promise<number> {
  for (let done = 0; done < OPENINGS; done += 1) {
    const store = open('opened')
    const { events } = await store.load([{ filter: { cartId: cartIdOf(random(CARTS)) } }])
    if (events.length !== EVENTS / CARTS) throw new Error(`${events.length} events were read`)
    await store.close()
  }
  return OPENINGS
}

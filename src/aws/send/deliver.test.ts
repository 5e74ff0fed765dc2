import { array, assert, asyncProperty, constantFrom, integer, record } from 'fast-check'
import { expect, test } from 'vitest'
import { deliver, type Delivery, type Parcel, type Service } from './deliver.ts'

interface Sample extends Parcel {
  readonly key: string | undefined
  readonly bytes: number
  readonly fate: 'sent' | 'refused' | 'cannot be packed'
}

const ROOM = 100

const samples = array(
  record({
    key: constantFrom(undefined, 'a', 'b', 'c'),
    bytes: integer({ min: 1, max: ROOM }),
    fate: constantFrom<Sample['fate'][]>(
      'sent',
      'sent',
      'sent',
      'sent',
      'refused',
      'cannot be packed',
    ),
  }),
  { maxLength: 60 },
).map((parts) =>
  parts.map((part, index): Sample => {
    return { id: String(index), type: 'T', group: '', source: '', body: index, ...part }
  }),
)

/** A service that keeps the requests it gets. */
function keeping(): { service: Service<Sample>; requests: Sample[][] } {
  const requests: Sample[][] = []
  const service: Service<Sample> = {
    maxBytes: ROOM,
    pack: async (parcel) => {
      const sample = parcel as Sample
      if (sample.fate === 'cannot be packed') throw new Error(sample.fate)
      return { entry: sample, bytes: sample.bytes }
    },
    send: async (entries) => {
      requests.push([...entries])
      return entries.map(({ fate }) => (fate === 'sent' ? undefined : new Error(fate)))
    },
  }
  return { service, requests }
}

const how = (afterFailure: Delivery['afterFailure']): Delivery => ({
  keyOf: (parcel) => (parcel as Sample).key,
  afterFailure,
})

test.each(['hold its key', 'stop'] as const)(
  'requests keep the limits, and each parcel and each key its turn (%s)',
  async (afterFailure) => {
    await assert(
      asyncProperty(samples, async (parcels) => {
        const { service, requests } = keeping()
        const outcomes = await deliver(service, parcels, how(afterFailure))
        expect(outcomes).toHaveLength(parcels.length)
        for (const request of requests) {
          expect(request.length).toBeLessThanOrEqual(10)
          expect(request.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(ROOM)
          const keys = request.map(({ key }) => key).filter((key) => key !== undefined)
          expect(new Set(keys).size).toBe(keys.length)
        }
        const sent = requests.flat()
        expect(new Set(sent).size).toBe(sent.length)
        for (const key of ['a', 'b', 'c']) {
          const ids = sent.filter((one) => one.key === key).map(({ id }) => Number(id))
          expect(ids).toEqual(ids.toSorted((a, b) => a - b))
        }
        for (const [index, outcome] of outcomes.entries()) {
          const wasTaken = sent.some(({ id, fate }) => id === String(index) && fate === 'sent')
          expect(outcome?.status === 'fulfilled').toBe(wasTaken)
        }
      }),
    )
  },
)

test('a failure holds back the later ones of its key, and nothing else', async () => {
  await assert(
    asyncProperty(samples, async (parcels) => {
      const outcomes = await deliver(keeping().service, parcels, how('hold its key'))
      const failed = new Set<string>()
      for (const [index, { key, fate }] of parcels.entries()) {
        const isHeld = key !== undefined && failed.has(key)
        const expected = isHeld ? undefined : fate === 'sent' ? 'fulfilled' : 'rejected'
        expect(outcomes[index]?.status).toBe(expected)
        if (key !== undefined && fate !== 'sent') failed.add(key)
      }
    }),
  )
})

test('a failure stops what comes later, and what comes before it is sent', async () => {
  await assert(
    asyncProperty(samples, async (parcels) => {
      const outcomes = await deliver(keeping().service, parcels, how('stop'))
      const first = parcels.findIndex(({ fate }) => fate !== 'sent')
      const statuses = outcomes.map((outcome) => outcome?.status)
      expect(statuses.findIndex((status) => status !== 'fulfilled')).toBe(first)
      expect(statuses[first]).toBe(first === -1 ? undefined : 'rejected')
    }),
  )
})

test('a request that fails is the failure of all that is in it', async () => {
  const reason = new Error('no network')
  const service: Service<number> = {
    maxBytes: ROOM,
    pack: async () => ({ entry: 1, bytes: 1 }),
    send: () => Promise.reject(reason),
  }
  const parcels = ['1', '2'].map((id) => ({ id, type: 'T', group: '', source: '', body: id }))
  const outcomes = await deliver(service, parcels, {
    keyOf: () => undefined,
    afterFailure: 'hold its key',
  })
  expect(outcomes).toEqual([
    { status: 'rejected', reason },
    { status: 'rejected', reason },
  ])
})

import { expect, test } from 'vitest'
import { MemoryEventStore } from '../stores/memory/index.ts'
import { createOutboxRelay } from './relay.ts'

const good = { store: new MemoryEventStore(), publisher: { publish: async () => [] }, name: 'mail' }
const milliseconds = 'expected a number of milliseconds over 0, at most 2147483647, found'
const size = 'options.batchSize: expected a whole number from 1 to 1000, found'
const text =
  'options.name: expected a text of 1 to 255 bytes without NUL and lone surrogates, found'

test.each<[string, object, string]>([
  ['an unknown option', { batchsize: 1 }, 'found "batchsize"'],
  ['no store', { store: undefined }, 'options.store: expected an event store, found undefined'],
  ['no name', { name: undefined }, `${text} undefined`],
  ['an empty name', { name: '' }, `${text} ""`],
  ['a long name', { name: 'ä'.repeat(128) }, `${text} "ää`],
  ['a name with NUL', { name: '\0' }, text],
  ['no publisher', { publisher: {} }, 'expected an object with a function publish, found {}'],
  ['batches of nothing', { batchSize: 0 }, `${size} 0`],
  ['half a message', { batchSize: 1.5 }, `${size} 1.5`],
  ['batches over 1000', { batchSize: 1001 }, `${size} 1001`],
  ['no time between looks', { pollInterval: 0 }, `options.pollInterval: ${milliseconds} 0`],
  ['a lease of no time', { leaseDuration: -1 }, `options.leaseDuration: ${milliseconds} -1`],
  ['a lease for ever', { leaseDuration: Infinity }, `${milliseconds} Infinity`],
  ['a time that is no number', { leaseDuration: '1' }, `${milliseconds} "1"`],
  [
    'onError that cannot be called',
    { onError: 1 },
    'options.onError: expected a function, found 1',
  ],
  ['a signal that is none', { signal: {} }, 'options.signal: expected an AbortSignal, found {}'],
])('%s', (_, options, message) => {
  const create = (): unknown => createOutboxRelay({ ...good, ...options })
  expect(create).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  expect(create).toThrow(message)
})

test('an unknown option of a call', async () => {
  const call = { signals: [] } as object
  const relay = createOutboxRelay(good)
  await expect(relay.run(call)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  await expect(relay.drain(call)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})

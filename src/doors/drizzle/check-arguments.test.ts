import { expect, test } from 'vitest'
import { MemoryEventStore } from '../../stores/memory/index.ts'
import { clientOver } from './over-store.ts'
import {
  createEventClient,
  createEventsTable,
  createProjectionsTable,
  MultiStreamProjectionBase,
  ProjectionBase,
} from './index.ts'

type Call = (...args: unknown[]) => Promise<unknown>

const typed = clientOver(new MemoryEventStore())
/** The client as JavaScript sees it. */
const client = typed as unknown as Record<string, Call> & {
  readonly readEvents: (...args: unknown[]) => AsyncIterable<unknown>
}
const event = { type: 'A', data: { cartId: 'cart_1' } }
const streams = [{ types: ['A'], identifier: { cartId: 'cart_1' } }]

test.each<[string, unknown[], string]>([
  ['getLatestEvent', ['A', { filter: { cartId: 'cart_1' } }], 'found "filter"'],
  ['getLatestEvents', ['A', { limit: 1 }], 'found "limit"'],
  ['getEventStream', [['A'], { cartId: 'cart_1' }], 'found "cartId"'],
  ['getEventStream', [['A'], null], 'options: expected an object, found null'],
  ['getEventStreams', [[{ eventTypes: ['A'], data: {} }]], 'streams.0: expected only the keys'],
  ['getEventStreams', [[{ eventTypes: ['A'], options: { limit: 1 } }]], 'found "limit"'],
  ['getEventStreams', [undefined], 'streams: expected a list, found undefined'],
  ['queryProjections', [{ type: 'CART', filter: { cartId: 'cart_1' } }], 'found "filter"'],
  ['queryProjections', [], 'query: expected an object, found undefined'],
  ['getProjection', [], 'projection: expected an object, found undefined'],
])('a read does not leave out unseen what it was given: %s(%j)', async (name, args, message) => {
  await expect(client[name]?.(...args)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(message),
  })
})

test('nor does a read one by one', async () => {
  const read = (...args: unknown[]) => Array.fromAsync(client.readEvents(...args))
  const after = [{ eventTypes: ['A'], options: { after: '0' } }]
  await expect(read(after)).rejects.toThrow('found "after"')
  await expect(read('all', { data: {} })).rejects.toThrow('found "data"')
  await expect(read()).rejects.toThrow('streams: expected a list, found undefined')
})

test.each<[unknown[], string]>([
  [[event, undefined, [{ types: ['A'], data: { cartId: 'cart_1' } }]], 'found "data"'],
  [[event, undefined, [{ eventTypes: ['A'] }]], 'found "eventTypes"'],
  [[event, undefined, undefined], 'streams: expected a list, found undefined'],
  [[undefined, undefined, streams], 'events.0: expected an object, found undefined'],
])('a guard is what it was given: saveEventWithStreamValidation(…%j)', async (args, message) => {
  await expect(client['saveEventWithStreamValidation']?.(...args)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining(message),
  })
})

test('what is saved is there', async () => {
  await expect(client['saveEvent']?.()).rejects.toThrow('events.0: expected an object')
  await expect(client['saveEvents']?.()).rejects.toThrow('events: expected a list')
  await expect(client['saveProjection']?.()).rejects.toThrow('projection: expected an object')
  for (const latestEventId of [undefined, null, 5]) {
    const projection = { type: 'CART', id: 'cart_1', data: {}, latestEventId }
    await expect(client['saveProjection']?.(projection)).rejects.toThrow(
      `latestEventId: expected a non-empty string without NUL and lone surrogates, found ${latestEventId}`,
    )
  }
})

test('a projection needs a client, and streams that it knows', async () => {
  class Cart extends ProjectionBase<string, typeof event, typeof typed> {
    readonly id = 'cart_1'
    protected readonly projectionType = 'CART'
    protected readonly eventTypes = ['A']
    protected getEventIdentifiers = () => ({ cartId: this.id })
    asJson = async () => ({ count: (await this.projectionEvents()).length })
  }
  expect(() => new Cart(undefined as never)).toThrow('expected { store, events }')
  class Carts extends MultiStreamProjectionBase<string, typeof event, typeof typed> {
    readonly id = 'cart_1'
    protected readonly projectionType = 'CART'
    protected getStreamOptions = () => [{ eventTypes: ['A'], data: { cartId: this.id } }]
    asJson = async () => ({ count: (await this.projectionEvents()).length })
  }
  await expect(new Carts(typed).asJson()).rejects.toThrow('found "data"')
})

test('a table is what it was called', () => {
  const made = (options: unknown) => () => createEventsTable(options as object)
  expect(made({ table: 'facts' })).toThrow('options: expected only the keys schema, name')
  expect(made({ dataIndexes: 'sku' })).toThrow('options.dataIndexes: expected a list, found "sku"')
  expect(made({ name: '' })).toThrow('options.name: expected a non-empty string')
  expect(made('facts')).toThrow('options: expected an object, found "facts"')
  expect(() =>
    createEventClient({} as never, createEventsTable(), createProjectionsTable()),
  ).toThrow('expected a database of Drizzle')
})

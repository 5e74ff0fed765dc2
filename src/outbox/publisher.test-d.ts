import { expectTypeOf, test } from 'vitest'
import type { OutboxMessage, Publisher } from './publisher.ts'
import type { OutboxRelayOptions } from './relay.ts'

test('what Promise.allSettled gives is an answer', () => {
  const publisher = {
    publish: (messages: readonly OutboxMessage[]) =>
      Promise.allSettled(messages.map(async ({ id }) => id)),
  }
  expectTypeOf(publisher).toExtend<Publisher>()
  expectTypeOf({ publish: async () => [true] }).not.toExtend<Publisher>()
  expectTypeOf({ publish: async () => undefined }).not.toExtend<Publisher>()
})

test('a message has no cursor', () => {
  expectTypeOf<OutboxMessage>().not.toHaveProperty('cursor')
  expectTypeOf<OutboxMessage['event']>().toExtend<{ readonly position: number } | undefined>()
})

test('what may be left out may also be undefined', () => {
  const number = undefined as number | undefined
  expectTypeOf({
    store: {} as OutboxRelayOptions['store'],
    publisher: {} as Publisher,
    name: 'mail',
    batchSize: number,
    pollInterval: number,
    leaseDuration: number,
    onError: undefined,
    signal: undefined as AbortSignal | undefined,
  }).toExtend<OutboxRelayOptions>()
})

import { getEventListeners } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { DEFAULT_IDENTIFIERS, identifierTest } from '../../event/identifiers.ts'
import { prepareCommit } from '../../store/check-commit.ts'
import type { Commit } from '../../store/commit.ts'
import { jsonCodec } from '../../store/json.ts'
import type { Result } from './answer.ts'
import { Combiner, type Send } from './combiner.ts'
import { encode, type Encoded } from './encode.ts'
import { limits } from './store.ts'

const isIdentifier = identifierTest(DEFAULT_IDENTIFIERS)

function encoded(commit: Commit): Encoded {
  const prepared = prepareCommit(commit, { isIdentifier, codec: jsonCodec, limits })
  return encode(prepared, { isIdentifier, codec: jsonCodec })
}

const event = (name: string, text = ''): Commit => ({
  events: [{ id: name, type: 'A', data: { cartId: name, text } }],
})
const idOf = ({ commit }: Encoded): string => commit.events[0]?.id ?? ''

/** A server that answers when it is told to, and remembers the batches. */
function server(answer: (batch: readonly string[]) => unknown = () => {}) {
  const batches: string[][] = []
  const open: (() => void)[] = []
  const send: Send = async (batch) => {
    const ids = batch.map(idOf)
    batches.push(ids)
    await new Promise<void>((resolve) => {
      open.push(resolve)
    })
    await answer(ids)
    return ids.map((id): Result => ({ error: new Error(id) }))
  }
  return {
    send,
    batches,
    /** Answers all, as long as somebody asks. */
    finish: async () => {
      for (let idle = 0; idle < 3; idle += 1) {
        if (open.length > 0) idle = 0
        for (const resolve of open.splice(0)) resolve()
        await turn()
      }
    },
  }
}

interface Adding {
  readonly send: Send
  readonly queueLimit?: number
  readonly signal?: AbortSignal
}

function adder(combiner: Combiner): (commit: Commit, options: Adding) => Promise<string> {
  return async (commit, { send, queueLimit = 1000, signal }) => {
    const result = await combiner.add(encoded(commit), { send, isIdentifier, queueLimit, signal })
    return 'error' in result ? result.error.message : ''
  }
}

test('whoever waits while a batch is on its way goes together, in order, and gets his own answer', async () => {
  const add = adder(new Combiner())
  const { send, batches, finish } = server()
  const first = [add(event('a'), { send }), add(event('b'), { send })]
  await turn()
  expect(batches).toEqual([['a', 'b']])
  const later = ['c', 'd', 'e'].map((name) => add(event(name), { send }))
  await turn()
  expect(batches).toHaveLength(1)
  await finish()
  expect(batches).toEqual([
    ['a', 'b'],
    ['c', 'd', 'e'],
  ])
  expect(await Promise.all([...first, ...later])).toEqual(['a', 'b', 'c', 'd', 'e'])
})

test('a batch has a largest number and a largest size, and one that is larger goes alone', async () => {
  const add = adder(new Combiner())
  const { send, batches, finish } = server()
  const many = Array.from({ length: 600 }, (_, n) => add(event(`many ${n}`), { send }))
  await finish()
  expect(batches.map(({ length }) => length)).toEqual([256, 256, 88])
  expect(batches.flat()).toEqual(Array.from({ length: 600 }, (_, n) => `many ${n}`))
  batches.length = 0
  const sizes = [1_500_000, 1_500_000, 1_500_000, 5_000_000, 10]
  const large = sizes.map((size, n) => add(event(`${n}`, 'x'.repeat(size)), { send }))
  await finish()
  expect(batches).toEqual([['0', '1'], ['2'], ['3'], ['4']])
  await Promise.all([...many, ...large])
})

test('a commit that depends on another one goes into a later batch, behind it', async () => {
  const add = adder(new Combiner())
  const { send, batches, finish } = server()
  const guarded = (name: string, on: string): Commit => ({
    ...event(name),
    conditions: [{ streams: [{ filter: { cartId: on } }] }],
  })
  const sent = [event('a'), guarded('b', 'a'), event('c'), guarded('d', 'b'), guarded('e', 'z')]
  const all = sent.map((commit) => add(commit, { send }))
  await finish()
  expect(batches).toEqual([['a', 'c', 'e'], ['b'], ['d']])
  await Promise.all(all)
})

test('of many that depend on one another the first never waits for those behind it', async () => {
  const add = adder(new Combiner())
  const { send, batches, finish } = server()
  const all = Array.from({ length: 40 }, (_, n) =>
    add({ ...event(`${n}`), conditions: [{ streams: 'all' }] }, { send }),
  )
  await finish()
  expect(batches).toEqual(Array.from({ length: 40 }, (_, n) => [`${n}`]))
  await Promise.all(all)
})

test('commits that travel in another way are not mixed', async () => {
  const add = adder(new Combiner())
  const left = server()
  const right = server()
  const all = ['a', 'b', 'c', 'd'].map((name, n) =>
    add(event(name), { send: (n % 2 === 0 ? left : right).send }),
  )
  for (const { finish } of [left, right, left, right]) await finish()
  expect([left.batches, right.batches]).toEqual([[['a', 'c']], [['b', 'd']]])
  await Promise.all(all)
})

const failing = (code: string) => Object.assign(new Error('failed'), { code })

test('a statement that fails for one commit is sent in halves until the one is alone', async () => {
  const add = adder(new Combiner())
  const { send, batches, finish } = server((batch) => {
    if (batch.includes('bad')) throw failing('22P05')
  })
  const names = ['a', 'b', 'c', 'bad', 'd', 'e', 'f']
  const all = Promise.allSettled(names.map((name) => add(event(name), { send })))
  await finish()
  expect((await all).map(({ status }) => status)).toEqual(
    names.map((name) => (name === 'bad' ? 'rejected' : 'fulfilled')),
  )
  // What failed is not there, so each of them is stored by its last batch, in their order.
  const stored = batches.filter((batch) => !batch.includes('bad')).flat()
  expect(stored).toEqual(names.filter((name) => name !== 'bad'))
})

test.each(['08006', '57P01', '40P01', '55P03', ''])(
  'what fails for all of a batch fails once (%s)',
  async (code) => {
    const add = adder(new Combiner())
    const { send, batches, finish } = server(() => {
      throw failing(code)
    })
    const all = Promise.allSettled(['a', 'b', 'c'].map((name) => add(event(name), { send })))
    await finish()
    expect((await all).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(batches).toHaveLength(1)
  },
)

test('after a failure the next ones are sent', async () => {
  const add = adder(new Combiner())
  let fails = true
  const { send, finish } = server(() => {
    if (fails) throw failing('08006')
  })
  const first = Promise.allSettled([add(event('a'), { send })])
  await finish()
  expect(await first).toMatchObject([{ status: 'rejected' }])
  fails = false
  const second = add(event('b'), { send })
  await finish()
  await expect(second).resolves.toBe('b')
})

test('an abort in the queue sends nothing, in flight it leaves the outcome open, and nobody listens on', async () => {
  const add = adder(new Combiner())
  const { send, batches, finish } = server()
  const inFlight = new AbortController()
  const queued = new AbortController()
  const kept = new AbortController()
  const first = add(event('a'), { send, signal: inFlight.signal })
  await turn()
  const second = add(event('b'), { send, signal: queued.signal })
  const third = add(event('c'), { send, signal: kept.signal })
  inFlight.abort()
  queued.abort()
  await expect(first).rejects.toMatchObject({ code: 'ABORTED', outcome: 'unknown' })
  await expect(second).rejects.toMatchObject({ code: 'ABORTED', outcome: 'none' })
  await finish()
  await expect(third).resolves.toBe('c')
  expect(batches).toEqual([['a'], ['c']])
  for (const { signal } of [inFlight, queued, kept]) {
    expect(getEventListeners(signal, 'abort')).toEqual([])
  }
})

test('of more than may wait the rest is refused, and those that were aborted wait no more', async () => {
  const add = adder(new Combiner())
  const { send, batches, finish } = server()
  const controller = new AbortController()
  const options = { send, queueLimit: 3 }
  const first = add(event('a'), options)
  // It is on its way, and the others wait.
  await turn()
  const second = add(event('b'), { ...options, signal: controller.signal })
  const third = add(event('c'), options)
  await expect(add(event('d'), options)).rejects.toMatchObject({
    code: 'STORE',
    fault: 'busy',
    retryable: true,
    outcome: 'none',
  })
  controller.abort()
  await expect(second).rejects.toMatchObject({ code: 'ABORTED' })
  const fourth = add(event('d'), options)
  await finish()
  expect(await Promise.all([first, third, fourth])).toEqual(['a', 'c', 'd'])
  expect(batches.flat()).toEqual(['a', 'c', 'd'])
})

test('what is no signal is refused, and the others are sent', async () => {
  const add = adder(new Combiner())
  const { send, finish } = server()
  const wrong = add(event('a'), { send, signal: {} as AbortSignal })
  await expect(wrong).rejects.toThrow(TypeError)
  const right = add(event('b'), { send, queueLimit: 1 })
  await finish()
  await expect(right).resolves.toBe('b')
})

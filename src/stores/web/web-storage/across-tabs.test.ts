import { describe, expect, it, test, vi } from 'vitest'
import { conformance } from '../../../conformance/index.ts'
import { identifierTest } from '../../../event/identifiers.ts'
import { jsonCodec, type JsonCodec } from '../../../store/json.ts'
import type { LocksLike } from './head-locks.ts'
import type { StorageLike } from './storage.ts'
import { capabilities, createStore, type WebStorageStore } from './store.ts'
import { Tabs } from './tabs.fixture.ts'

const locks = navigator.locks as LocksLike
let logs = 0

function open(
  storage: StorageLike,
  namespace: string,
  codec: JsonCodec = jsonCodec,
  held: LocksLike = locks,
): WebStorageStore {
  const { limits } = capabilities
  const rules = { isIdentifier: identifierTest(['*Id']), codec, limits }
  return createStore({ storage, namespace, rules, isShared: true, locks: held })
}

conformance(
  { describe, it },
  {
    name: 'localStorage that tabs see late',
    open: ({ codec }) => {
      const tabs = new Tabs()
      const namespace = `laws ${(logs += 1)}`
      const reopen = (): WebStorageStore => open(tabs.open(), namespace, codec)
      return { store: reopen(), reopen }
    },
    can: ['totalOrder', 'atomicReads', 'anyBoundary', 'watch'],
  },
)

/** The numbers of all events, as each tab has them, after all have written at once. */
async function race(held: LocksLike): Promise<readonly unknown[][]> {
  const tabs = new Tabs()
  const namespace = `race ${(logs += 1)}`
  const stores = [0, 1, 2].map(() => open(tabs.open(), namespace, jsonCodec, held))
  await Promise.all(
    stores.map(async (store, tab) => {
      for (let n = 0; n < 100; n += 1) {
        await store.commit({ events: [{ type: 'COUNTED', data: { tab, n } }] })
        if (n % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
      }
    }),
  )
  await new Promise((resolve) => setTimeout(resolve, 50))
  const found = stores.map(async (store) => (await store.load('all')).events.map(({ id }) => id))
  await Promise.allSettled(found)
  await Promise.all(stores.map((store) => store.close()))
  return await Promise.all(found)
}

test('three tabs at once lose nothing', async () => {
  const [first = [], second, third] = await race(locks)
  expect(new Set(first).size).toBe(300)
  expect([second, third]).toEqual([first, first])
})

test('a lock alone does not keep them from it: the race is one', async () => {
  const alone: LocksLike = {
    request: (...call) => locks.request(...call),
    query: async () => ({ held: [] }),
  }
  const outcome = await race(alone).catch((error: { fault?: string }) => error.fault)
  const isLost = Array.isArray(outcome) && outcome.some((found) => new Set(found).size < 300)
  expect(isLost || outcome === 'cleared').toBe(true)
})

test('what one tab was answered is seen by a read that begins in another', async () => {
  const tabs = new Tabs(() => 20)
  const namespace = `race ${(logs += 1)}`
  await using writer = open(tabs.open(), namespace)
  await using reader = open(tabs.open(), namespace)
  for (let n = 1; n <= 10; n += 1) {
    await writer.commit({ events: [{ type: 'COUNTED', data: { n } }] })
    const reads = [reader.load('all'), reader.load('all')]
    expect((await Promise.all(reads)).map(({ events }) => events.length)).toEqual([n, n])
  }
})

test('a tab that does not see what another wrote waits, then says that it is busy', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] })
  using _ = { [Symbol.dispose]: () => vi.useRealTimers() }
  const tabs = new Tabs()
  const namespace = `race ${(logs += 1)}`
  const [seeing, deaf] = [tabs.open(), tabs.open()]
  deaf.isDeaf = true
  const writer = open(seeing, namespace)
  const other = open(deaf, namespace)
  await writer.commit({ events: [{ type: 'COUNTED', data: { n: 1 } }] })
  const calls = Promise.allSettled([other.load('all'), other.commit(counted(2))])
  for (let passed = 0; passed < 11_000; passed += 100) {
    await vi.advanceTimersByTimeAsync(100)
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (const call of await calls) {
    expect(call).toMatchObject({
      reason: { code: 'STORE', fault: 'busy', retryable: true, outcome: 'none' },
    })
  }
  expect(deaf.writes).toBe(0)
  deaf.hear()
  expect((await other.commit(counted(2))).events[0]?.position).toBe(2)
  await Promise.all([writer.close(), other.close()])
})

test('what a tab that is gone has written is not waited for much longer', async () => {
  const tabs = new Tabs()
  const namespace = `race ${(logs += 1)}`
  const own = tabs.open()
  // A tab that was killed when its record was on the way.
  let kill = (): void => {}
  const killed = new Promise<void>((resolve) => {
    kill = resolve
  })
  void locks.request(`eventfold/head/1/${namespace}`, { mode: 'shared' }, () => killed)
  await using store = open(own, namespace)
  const committing = store.commit(counted(1))
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(own.writes).toBe(0)
  kill()
  expect((await committing).events[0]?.position).toBe(1)
})

test('the last writer says how far the log goes, for a while also after it was closed', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  using _ = { [Symbol.dispose]: () => vi.useRealTimers() }
  const namespace = `race ${(logs += 1)}`
  const held = async (): Promise<unknown[]> =>
    ((await locks.query()).held ?? [])
      .map(({ name }) => name)
      .filter((name) => name?.endsWith(`/${namespace}`))
  const store = open(new Tabs().open(), namespace)
  await store.commit(counted(1))
  expect(await held()).toEqual([`eventfold/head/1/${namespace}`])
  await Promise.all([store.commit(counted(2)), store.commit(counted(3))])
  expect(await held()).toEqual([`eventfold/head/3/${namespace}`])
  await store.close()
  expect(await held()).toEqual([`eventfold/head/3/${namespace}`])
  await vi.advanceTimersByTimeAsync(10_000)
  expect(await held()).toEqual([])
})

test('a log that was cleared is let go of, so that a new one can begin', async () => {
  const tabs = new Tabs()
  const namespace = `race ${(logs += 1)}`
  const [one, two] = [tabs.open(), tabs.open()]
  const store = open(one, namespace)
  await store.commit(counted(1))
  for (const tab of [one, two]) tab.values.clear()
  await expect(store.load('all')).rejects.toMatchObject({ code: 'STORE', fault: 'cleared' })
  await using anew = open(two, namespace)
  expect((await anew.commit(counted(1))).events[0]?.position).toBe(1)
  await store.close()
})

test('a commit that could not be told to the others has an unknown outcome, and is sent again', async () => {
  const namespace = `race ${(logs += 1)}`
  let fails = true
  const failing: LocksLike = {
    query: () => locks.query(),
    request: (name, ...rest) =>
      fails && name.includes('/head/')
        ? Promise.reject(new DOMException('The document is going away', 'InvalidStateError'))
        : locks.request(name, ...rest),
  }
  await using store = open(new Tabs().open(), namespace, jsonCodec, failing)
  const commit = { events: [{ id: 'evt_1', type: 'COUNTED', data: { n: 1 } }] }
  await expect(store.commit(commit)).rejects.toMatchObject({
    code: 'STORE',
    outcome: 'unknown',
    retryable: true,
  })
  fails = false
  expect(await store.commit(commit)).toMatchObject({ replayed: true })
})

test('logs whose names look like those of locks do not wait for one another', async () => {
  const tabs = new Tabs()
  const names = ['a', 'head/5/a', '5/a', 'a/head/5', 'log/a', 'a/1'].map(
    (name) => `${name} ${logs}`,
  )
  const stores = names.map((name) => open(tabs.open(), name))
  for (let n = 1; n <= 6; n += 1) {
    const commits = await Promise.all(stores.map((store) => store.commit(counted(n))))
    expect(commits.map(({ events }) => events[0]?.position)).toEqual(names.map(() => n))
  }
  await Promise.all(stores.map((store) => store.close()))
})

function counted(n: number): { events: { type: string; data: { n: number } }[] } {
  return { events: [{ type: 'COUNTED', data: { n } }] }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  appendEventContext,
  getEventContext,
  resetEventContext,
  setEventContext,
  withEventContext,
} from './context.ts'
import { synchronousStorage } from './scope.ts'

beforeEach(() => resetEventContext())
afterEach(() => resetEventContext())

describe('outside a scope', () => {
  test('there is no context until one is set', () => {
    expect(getEventContext()).toEqual({})
  })

  test('set replaces, append merges, reset empties', () => {
    setEventContext({ correlationId: 'req_1', actorId: 'user_1' })
    appendEventContext({ actorId: 'user_2', source: 'shop' })
    expect(getEventContext()).toEqual({
      correlationId: 'req_1',
      actorId: 'user_2',
      source: 'shop',
    })
    setEventContext({ tenantId: 'tenant_1' })
    expect(getEventContext()).toEqual({ tenantId: 'tenant_1' })
    resetEventContext()
    expect(getEventContext()).toEqual({})
  })

  test('the context is the process’s own: awaited helpers and timers share it', async () => {
    await (async () => {
      await sleep(1)
      setEventContext({ actorId: 'user_1' })
    })()
    expect(getEventContext()).toEqual({ actorId: 'user_1' })
    await new Promise<void>((done) => {
      setTimeout(() => {
        appendEventContext({ source: 'timer' })
        done()
      }, 1)
    })
    expect(getEventContext()).toEqual({ actorId: 'user_1', source: 'timer' })
  })

  test('what was given or was got may be changed without changing the context', () => {
    const given: Record<string, unknown> = { actorId: 'user_1' }
    setEventContext(given)
    given['actorId'] = 'user_2'
    ;(getEventContext() as Record<string, unknown>)['actorId'] = 'user_3'
    expect(getEventContext()).toEqual({ actorId: 'user_1' })
  })
})

describe('inside a scope', () => {
  test('the context is the one given, and afterwards the one from before', async () => {
    setEventContext({ actorId: 'process' })
    const result = await withEventContext({ correlationId: 'req_1' }, async () => {
      expect(getEventContext()).toEqual({ correlationId: 'req_1' })
      await sleep(1)
      expect(getEventContext()).toEqual({ correlationId: 'req_1' })
      return 'done'
    })
    expect(result).toBe('done')
    expect(getEventContext()).toEqual({ actorId: 'process' })
  })

  test('synchronous work gives its result at once', () => {
    expect(withEventContext({ actorId: 'a' }, () => getEventContext().actorId)).toBe('a')
    expect(getEventContext()).toEqual({})
  })

  test('set, append and reset change this scope alone', () => {
    setEventContext({ actorId: 'process' })
    withEventContext({ actorId: 'a' }, () => {
      appendEventContext({ source: 'x' })
      expect(getEventContext()).toEqual({ actorId: 'a', source: 'x' })
      setEventContext({ tenantId: 't' })
      expect(getEventContext()).toEqual({ tenantId: 't' })
      resetEventContext()
      expect(getEventContext()).toEqual({})
    })
    expect(getEventContext()).toEqual({ actorId: 'process' })
  })

  test('also from a helper that is awaited, however deep', async () => {
    const authenticate = async () => {
      await sleep(1)
      await (async () => {
        await sleep(1)
        appendEventContext({ actorId: 'user_1' })
      })()
    }
    await withEventContext({ correlationId: 'req_1' }, async () => {
      await authenticate()
      expect(getEventContext()).toEqual({ correlationId: 'req_1', actorId: 'user_1' })
      await Promise.all([sleep(1).then(() => setEventContext({ actorId: 'user_2' })), sleep(3)])
      expect(getEventContext()).toEqual({ actorId: 'user_2' })
    })
    expect(getEventContext()).toEqual({})
  })

  test('a timer that outlives the scope still belongs to it', async () => {
    let later: unknown
    const timer = withEventContext(
      { actorId: 'a' },
      () =>
        new Promise<void>((done) => {
          setTimeout(() => {
            appendEventContext({ source: 'timer' })
            later = getEventContext()
            done()
          }, 2)
        }),
    )
    setEventContext({ actorId: 'process' })
    await timer
    expect(later).toEqual({ actorId: 'a', source: 'timer' })
    expect(getEventContext()).toEqual({ actorId: 'process' })
  })

  test('a scope in a scope starts with its own context and gives the outer one back', async () => {
    await withEventContext({ actorId: 'outer', source: 'shop' }, async () => {
      await withEventContext({ actorId: 'inner' }, async () => {
        await sleep(1)
        expect(getEventContext()).toEqual({ actorId: 'inner' })
        appendEventContext({ tenantId: 't' })
      })
      expect(getEventContext()).toEqual({ actorId: 'outer', source: 'shop' })
      withEventContext({ ...getEventContext(), actorId: 'inner' }, () => {
        expect(getEventContext()).toEqual({ actorId: 'inner', source: 'shop' })
      })
    })
  })

  test('an error ends the scope', async () => {
    const fail = () => {
      setEventContext({ actorId: 'a' })
      throw new Error('broken')
    }
    expect(() => withEventContext({}, fail)).toThrow('broken')
    await expect(withEventContext({}, async () => fail())).rejects.toThrow('broken')
    expect(getEventContext()).toEqual({})
  })

  test('the object given is not the scope', () => {
    const given = { actorId: 'a' }
    withEventContext(given, () => appendEventContext({ source: 'x' }))
    expect(given).toEqual({ actorId: 'a' })
  })
})

/** Many requests at once, each of which changes its context at every step and looks at it again. */
async function requests(count: number): Promise<unknown[][]> {
  return Promise.all(
    Array.from({ length: count }, (_, request) =>
      withEventContext({ actorId: `user_${request}` }, async () => {
        const seen: unknown[] = [getEventContext()]
        for (let step = 0; step < 5; step += 1) {
          appendEventContext({ request, step })
          await sleep((request * 7 + step) % 4)
          seen.push(getEventContext())
        }
        return seen
      }),
    ),
  )
}

test('requests that run at the same time never see each other', async () => {
  const seen = await requests(50)
  const expected = (request: number) => ({ actorId: `user_${request}`, request })
  for (const [request, contexts] of seen.entries()) {
    expect(contexts).toEqual([
      { actorId: `user_${request}` },
      ...[0, 1, 2, 3, 4].map((step) => ({ ...expected(request), step })),
    ])
  }
  expect(getEventContext()).toEqual({})
})

describe('where there is no AsyncLocalStorage', () => {
  /** The module as it loads in a browser. */
  async function loadWithoutBuiltins() {
    const builtins = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined)
    vi.resetModules()
    const browser = await import('./context.ts')
    expect(builtins).toHaveBeenCalledWith('node:async_hooks')
    builtins.mockRestore()
    return browser
  }

  test('a scope covers the synchronous part of its work', async () => {
    const browser = await loadWithoutBuiltins()
    browser.setEventContext({ actorId: 'process' })
    const work = browser.withEventContext({ actorId: 'a' }, async () => {
      browser.appendEventContext({ source: 'x' })
      const before = browser.getEventContext()
      await sleep(1)
      return [before, browser.getEventContext()]
    })
    expect(browser.getEventContext()).toEqual({ actorId: 'process' })
    expect(await work).toEqual([{ actorId: 'a', source: 'x' }, { actorId: 'process' }])
  })

  test('no scope is ever seen from another one', async () => {
    const browser = await loadWithoutBuiltins()
    browser.setEventContext({ actorId: 'process' })
    const work = Array.from({ length: 20 }, (_, request) =>
      browser.withEventContext({ actorId: `user_${request}` }, async () => {
        const seen = [browser.getEventContext().actorId]
        for (let step = 0; step < 3; step += 1) {
          await sleep((request * 3 + step) % 4)
          seen.push(browser.getEventContext().actorId)
          seen.push(
            browser.withEventContext({ actorId: `inner_${request}` }, () => {
              browser.appendEventContext({ step })
              return browser.getEventContext().actorId
            }),
          )
        }
        return seen
      }),
    )
    for (const [request, seen] of (await Promise.all(work)).entries()) {
      const later = ['process', `inner_${request}`]
      expect(seen).toEqual([`user_${request}`, ...later, ...later, ...later])
    }
    expect(browser.getEventContext()).toEqual({ actorId: 'process' })
  })

  test('scopes nest, and an error ends one', () => {
    const storage = synchronousStorage()
    const outer = { context: { actorId: 'outer' } }
    const inner = { context: { actorId: 'inner' } }
    expect(storage.getStore()).toBeUndefined()
    storage.run(outer, () => {
      expect(storage.getStore()).toBe(outer)
      expect(() =>
        storage.run(inner, () => {
          expect(storage.getStore()).toBe(inner)
          throw new Error('broken')
        }),
      ).toThrow('broken')
      expect(storage.getStore()).toBe(outer)
    })
    expect(storage.getStore()).toBeUndefined()
  })
})

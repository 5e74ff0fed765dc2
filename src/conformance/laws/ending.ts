import { isEventfoldError } from '../../store/errors.ts'
import { equal, ok, rejects } from '../expect.ts'
import type { Law } from '../law.ts'
import { added, appendAll, atOnce, cart, holdsNothing, numbers, read } from '../samples.ts'

const streams = [cart('cart_1')]

/** What is promised of closing and aborting. */
export const endingLaws: readonly Law[] = [
  {
    law: '`close()` drains, then refuses: every commit that was sent before is stored',
    prove: async (open, { writers, rounds }) => {
      const { store, reopen } = await open()
      const other = await reopen()
      const sent = atOnce(writers * rounds, (n) =>
        store.commit({ events: [added('cart_1', { n })] }),
      )
      await store.close()
      const answers = await sent
      equal(new Set(answers.map(({ events }) => events[0]?.id)).size, writers * rounds, 'answers')
      if (other === store) return
      equal((await read(other, streams)).length, writers * rounds, 'events')
    },
  },
  {
    law: 'after `close()` every call is refused with CLOSED, and a second `close()` is none',
    prove: async (open) => {
      const { store } = await open()
      // So soon after each other that a store may still owe somebody word of the last.
      for (const n of numbers(0, 3)) await store.commit({ events: [added('cart_1', { n })] })
      await Promise.all([store.close(), store.close()])
      await store.close()
      const { watch } = store
      const calls: Record<string, () => Promise<unknown>> = {
        commit: () => store.commit({ events: [added('cart_1')] }),
        'an empty commit': () => store.commit({}),
        load: () => store.load(streams),
        read: () => read(store, streams),
        'get a document': () => store.documents.get('view', 'cart_1'),
        'query documents': () => store.documents.query({ type: 'view' }),
        'read the outbox': () => store.outbox.read(),
        'remove from the outbox': () => store.outbox.remove(['a']),
        ...(watch && { watch: async () => watch(() => undefined) }),
      }
      for (const [name, call] of Object.entries(calls)) {
        const { retryable, outcome } = await rejects(call(), 'CLOSED', name)
        equal([retryable, outcome], [false, 'none'], `${name}: retryable and outcome`)
      }
    },
  },
  {
    law: 'a read that is under way when the store closes comes whole or is refused, never short',
    prove: async (open) => {
      const { store } = await open()
      await appendAll(
        store,
        numbers(0, 2000).map((n) => added('cart_1', { n })),
        1,
      )
      let found = 0
      let closing: Promise<void> | undefined
      try {
        for await (const _ of store.read(streams)) {
          found += 1
          closing ??= store.close()
        }
        equal(found, 2000, 'events')
      } catch (error) {
        ok(isEventfoldError(error, 'CLOSED'), `refused with CLOSED, not ${String(error)}`)
      }
      await closing
    },
  },
  {
    law: 'a call that was aborted before it began is refused, with the reason as cause, and writes nothing',
    prove: async (open) => {
      const { store } = await open()
      const reason = new Error('the user went away')
      const signal = AbortSignal.abort(reason)
      const commit = {
        events: [added('cart_1')],
        documents: [{ type: 'view', id: 'cart_1', data: 1 }],
        outbox: [{ type: 'message', data: 1 }],
      }
      const calls = {
        commit: () => store.commit(commit, { signal }),
        load: () => store.load(streams, { signal }),
        read: () => read(store, streams, { signal }),
      }
      for (const [name, call] of Object.entries(calls)) {
        const error = await rejects(call(), 'ABORTED', name)
        equal(error.outcome, 'none', `${name}: outcome`)
        ok(error.cause === reason, `${name}: the cause is the signal's reason`)
      }
      await holdsNothing(store, 'cart_1')
    },
  },
  {
    law: 'an abort while queued writes nothing, an abort in flight reports an unknown outcome: what is reported is true',
    prove: async (open, { writers, rounds }) => {
      const { store } = await open()
      for (const round of numbers(0, rounds)) {
        const controllers = numbers(0, writers).map(() => new AbortController())
        const commits = controllers.map((_, n) => ({
          events: [{ ...added(`cart_${round}`, { n }), id: `evt_${round}_${n}` }],
        }))
        const sent = Promise.allSettled(
          commits.map((commit, n) => store.commit(commit, { signal: controllers[n]?.signal })),
        )
        for (const _ of numbers(0, round)) await Promise.resolve()
        if (round % 3 === 2) await new Promise((resolve) => setTimeout(resolve, 0))
        for (const [n, controller] of controllers.entries()) if (n % 2 === 1) controller.abort()
        const answers = await sent
        const stored = new Set((await read(store, [cart(`cart_${round}`)])).map(({ id }) => id))
        for (const [n, answer] of answers.entries()) {
          const isStored = stored.has(`evt_${round}_${n}`)
          if (answer.status === 'fulfilled') {
            ok(isStored, 'a commit that was answered is stored')
            continue
          }
          const { reason } = answer
          ok(n % 2 === 1 && isEventfoldError(reason, 'ABORTED'), `ABORTED, not ${String(reason)}`)
          ok(
            reason.outcome === 'unknown' || !isStored,
            "outcome 'none' means that it is not stored",
          )
        }
        for (const commit of commits) await store.commit(commit)
        equal((await read(store, [cart(`cart_${round}`)])).length, writers, 'after sending again')
      }
    },
  },
  {
    law: 'a read is aborted between two events',
    prove: async (open) => {
      const { store } = await open()
      await appendAll(
        store,
        numbers(0, 100).map((n) => added('cart_1', { n })),
      )
      const controller = new AbortController()
      let found = 0
      const reading = (async () => {
        for await (const _ of store.read(streams, { signal: controller.signal })) {
          found += 1
          if (found === 3) controller.abort()
        }
      })()
      await rejects(reading, 'ABORTED')
      equal(found, 3, 'events before the abort')
    },
  },
]

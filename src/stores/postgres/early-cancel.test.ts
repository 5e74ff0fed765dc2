import { expect, test } from 'vitest'
import { carts, happened, openLog } from './faults/log.fixture.ts'

const GATE = 4713

test.each([true, false])(
  'a commit that is cancelled says what may be there (early release: %s)',
  async (earlyRelease) => {
    await using log = await openLog()
    const store = log.open({ earlyRelease })
    // From here on, a commit waits once it has written, and with early release has committed.
    const [{ text } = { text: '' }] = await log.query<{ text: string }>(
      `select pg_get_functiondef('eventfold."public.events.commit"'::regproc) as text`,
    )
    const flush = 'perform pg_logical_emit_message'
    const end = 'if early then\n      commit;'
    const gate = `perform pg_advisory_xact_lock(${GATE});`
    expect(text).toContain(end)
    await log.query(
      earlyRelease ? text.replace(flush, `${gate} ${flush}`) : text.replace(end, `${gate} ${end}`),
    )
    await log.query(`select pg_advisory_lock(${GATE})`)

    const sent = store.commit({ events: [happened('k1', 'event_1')] })
    const settled = Promise.allSettled([sent])
    const [pid] = await log.waiting()
    await log.query(`select pg_cancel_backend(${pid})`)
    expect(await settled).toMatchObject([
      { reason: { code: 'STORE', outcome: earlyRelease ? 'unknown' : 'none' } },
    ])
    await log.query(`select pg_advisory_unlock(${GATE})`)
    expect(await carts(store)).toEqual(earlyRelease ? ['1 k1'] : [])
    const again = await store.commit({ events: [happened('k1', 'event_1')] })
    expect(again).toMatchObject({ replayed: earlyRelease, events: [{ position: 1 }] })
  },
)

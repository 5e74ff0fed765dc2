import { expect, test } from 'vitest'
import { faulty, type Fault } from '../../client/stores.fixture.ts'
import { withEventContext } from '../../event/context.ts'
import type { Commit } from '../../store/commit.ts'
import type { EventStore } from '../../store/store.ts'
import { MemoryEventStore } from '../../stores/memory/index.ts'
import { created, todoClientOver } from './todo.fixture.ts'

function open(...plan: Fault[]) {
  const store = new MemoryEventStore({ identifiers: ['*_id'] })
  const sent: Commit[] = []
  const failing = faulty(store, plan)
  const seen: EventStore = {
    ...failing,
    commit: (commit, options) => {
      sent.push(commit)
      return failing.commit(commit, options)
    },
  }
  return { client: todoClientOver(seen), store, sent }
}
const idsOf = ({ events = [] }: Commit) => events.map(({ id }) => id)
const count = async (store: EventStore) => (await store.load('all')).events.length
const event = created('list_1', 'todo_1')

test('the store makes the ids of events that have none', async () => {
  const { client, sent } = open()
  await client.saveEvents([event, event])
  expect(idsOf(sent[0]!)).toEqual([undefined, undefined])
})

test('where one event has an id, all do, so that the commit is known by them', async () => {
  const { client, store, sent } = open('lost after')
  await client.saveEvents([{ ...event, id: 'mine' }, event])
  expect(idsOf(sent[0]!)).toEqual(['mine', expect.any(String)])
  expect(idsOf(sent[1]!)).toEqual(idsOf(sent[0]!))
  expect(await count(store)).toBe(2)
})

test('what certainly failed is sent again', async () => {
  const { client, store, sent } = open('busy', 'busy')
  await client.saveEvent(event)
  expect(sent).toHaveLength(3)
  expect(await count(store)).toBe(1)
})

test('a lost answer that the store could not find out is thrown, and nothing is sent again', async () => {
  for (const fault of ['lost after', 'lost before'] as const) {
    const { client, store, sent } = open(fault)
    await expect(client.saveEvent(event)).rejects.toMatchObject({
      code: 'STORE',
      outcome: 'unknown',
    })
    expect(sent).toHaveLength(1)
    expect(await count(store)).toBe(fault === 'lost after' ? 1 : 0)
  }
})

test('with a key it is sent again, and written once', async () => {
  const { client, store, sent } = open('lost after', 'lost before')
  await client.saveEvent(event, { idempotencyKey: 'cmd_1' })
  expect(sent).toHaveLength(3)
  expect(sent.flatMap(idsOf)).toEqual([undefined, undefined, undefined])
  expect(await count(store)).toBe(1)
})

test('the context of the caller goes along', async () => {
  const { client, store } = open()
  await withEventContext({ correlationId: 'corr_1' }, () =>
    client.saveEvent({ ...event, metadata: { actorId: 'ada' } }),
  )
  const { events } = await store.load('all')
  expect(events[0]?.metadata).toEqual({ correlationId: 'corr_1', actorId: 'ada' })
})

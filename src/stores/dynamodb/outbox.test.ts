import { expect, test } from 'vitest'
import { createEventId } from '../../event/id.ts'
import { createClock } from './clock.ts'
import type { OutboxItem } from './items.ts'
import { OUTBOX } from './keys.ts'
import { openOutbox } from './outbox.ts'
import { readingTable, type ReadingTable } from './reading.fixture.ts'

const clock = createClock()

async function send(it: ReadingTable, ...ids: string[]): Promise<void> {
  const [at] = clock.take(1)
  for (const [index, id] of ids.entries()) {
    const item: OutboxItem = {
      pk: OUTBOX,
      sk: `${at}#${String(index).padStart(3, '0')}`,
      itemType: 'outbox',
      id,
      type: 'message',
      data: '{}',
      timestamp: '2026-01-01T00:00:00.000Z',
    }
    await it.put(item)
  }
}

const newIds = (count: number): string[] => Array.from({ length: count }, createEventId)

test('pages are full up to the last one, and lead on', async () => {
  await using it = await readingTable()
  const { read } = openOutbox(it.access)
  const ids = newIds(7)
  await send(it, ...ids.slice(0, 3))
  for (const id of ids.slice(3)) await send(it, id)
  for (const limit of [1, 2, 3, 6, 7, 8]) {
    const seen: string[] = []
    let after: string | undefined
    for (;;) {
      const page = await read({ after, limit })
      seen.push(...page.map(({ id }) => id))
      after = page.at(-1)?.cursor ?? after
      if (page.length < limit) break
    }
    expect(seen).toEqual(ids)
  }
  expect(await read({ limit: 0 })).toEqual([])
  const place = (await read()).at(-1)?.cursor ?? ''
  for (const after of ['', '0', 'OUTBOX', `${place}0`, place.slice(0, -1), place.toLowerCase()]) {
    await expect(read({ after })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  }
})

test('a record that was read lately is removed without another look', async () => {
  await using it = await readingTable()
  const [outbox, other] = [openOutbox(it.access), openOutbox(it.access)]
  const ids = newIds(5)
  for (const id of ids) await send(it, id)
  const left = async (): Promise<string[]> => (await other.read()).map(({ id }) => id)
  await outbox.read({ limit: 3 })
  it.statements()
  await outbox.remove(ids.slice(0, 2))
  expect(it.statements()).toEqual([])
  expect(await left()).toEqual(ids.slice(2))
  it.statements()
  // One of them was not read here, nor was it elsewhere.
  await outbox.remove([ids[2] ?? '', ids[4] ?? '', 'nobody'])
  expect(it.statements()).toEqual(['query OUTBOX'])
  expect(await left()).toEqual([ids[3]])
})

test('records of one id are removed together: those that were read, or all where none was', async () => {
  await using it = await readingTable()
  const [outbox, other] = [openOutbox(it.access), openOutbox(it.access)]
  for (const id of ['one', 'two', 'one', 'three', 'one']) await send(it, id)
  await outbox.read({ limit: 3 })
  it.statements()
  await outbox.remove(['one'])
  expect(it.statements()).toEqual([])
  expect((await outbox.read()).map(({ id }) => id)).toEqual(['two', 'three', 'one'])
  await outbox.remove([])
  await outbox.remove(['one'])
  for (const id of ['two', 'two']) await send(it, id)
  it.statements()
  await other.remove(['two', 'three'])
  expect(it.statements()).toEqual(['query OUTBOX'])
  expect(await outbox.read()).toEqual([])
})

test('ids that the application gave cost a relay no further look', async () => {
  await using it = await readingTable()
  const outbox = openOutbox(it.access)
  const ids = Array.from({ length: 60 }, (_, n) => `msg_${n}`)
  for (const id of ids) await send(it, id)
  for (;;) {
    const page = await outbox.read({ limit: 20 })
    if (page.length === 0) break
    it.statements()
    await outbox.remove(page.map(({ id }) => id))
    expect(it.statements()).toEqual([])
  }
})

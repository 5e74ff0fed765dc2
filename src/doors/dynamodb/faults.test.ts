import { describe, expect, onTestFinished, test } from 'vitest'
import { freshTable, testClient } from '../../stores/dynamodb/engine.fixture.ts'
import {
  firstCalls,
  randomFaults,
  withClientFaults,
  type FaultPlan,
} from '../../stores/dynamodb/faults.fixture.ts'
import { createEventFunctions } from './create-event-functions.ts'
import {
  created,
  hasTable,
  todoTypes,
  type TodoClient,
  type TodoEvent,
  type TodoType,
} from './todo.fixture.ts'

async function open(plan: FaultPlan) {
  const table = await freshTable({ keyNames: { pk: 'pk', sk: 'sk' } })
  onTestFinished(() => table[Symbol.asyncDispose]())
  const { client, met, settled } = withClientFaults(testClient(), plan)
  const over = (sdk: typeof client): TodoClient =>
    createEventFunctions<TodoType, TodoEvent>(sdk, table.tableName, 'list_id')
  return { client: over(client), met, settled, reader: over(testClient()) }
}
const list = { eventTypes: todoTypes, partitionId: 'list_1' } as const

describe.runIf(hasTable)('faults on the way', () => {
  test.each([1, 2, 3])('a save without an id is done once, in order (%i)', async (seed) => {
    const chances = { lost: 0.1, 'server-error': 0.05, conflict: 0.1, throttled: 0.1, late: 0.05 }
    const { client, reader, met, settled } = await open(randomFaults(seed, chances))
    const titles = Array.from({ length: 25 }, (_, index) => `${index}`)
    for (const title of titles) await client.saveEvent(created('list_1', 'todo_1', title))
    await settled()
    expect(met.get('lost')).toBeGreaterThan(0)
    const stream = await reader.getEventStream(list)
    expect(stream.map(({ data }) => (data as { title: string }).title)).toEqual(titles)
  })

  test('where no answer ever comes, the error says so, and it is there once at most', async () => {
    const always = firstCalls('TransactWriteItems', Array<'lost'>(100).fill('lost'))
    const { client, reader } = await open(always)
    await expect(client.saveEvent(created('list_1', 'todo_1'))).rejects.toMatchObject({
      code: 'STORE',
      outcome: 'unknown',
    })
    expect(await reader.getEventStream(list)).toHaveLength(1)
  })
})

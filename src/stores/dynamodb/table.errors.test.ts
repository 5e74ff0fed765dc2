import {
  CreateTableCommand,
  DeleteTableCommand,
  TransactionCanceledException,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { describe, expect, test } from 'vitest'
import { plainClient, testClient } from './engine.fixture.ts'
import { openTable, type Table } from './table.ts'
import { KEY_NAMES, shapeOf } from './table-shape.ts'
import { absent, increment, key, openFresh } from './tables.fixture.ts'

const head = key('secret', 'HEAD')

type Handle = DynamoDBClient['config']['requestHandler']['handle']

/** Each statement of a table. */
const statements: Readonly<Record<string, (table: Table) => Promise<unknown>>> = {
  get: (table) => table.get(head),
  getAll: (table) => table.getAll([head]),
  query: (table) => Array.fromAsync(table.query({ pk: 'secret', from: 'A', to: 'Z' })),
  put: (table) => table.put(head, absent),
  update: (table) => table.transact([increment(head, 0)]),
  check: (table) => table.transact([{ check: head, condition: absent }]),
  'put in a transaction': (table) => table.transact([{ put: head, condition: absent }]),
  remove: (table) => table.remove([head]),
}

describe.each(Object.entries(statements))('%s', (_, run) => {
  test('on a table that is not there names the call that makes it', async () => {
    const options = { client: testClient(), tableName: 'nowhere', keyNames: KEY_NAMES }
    await expect(run(openTable(options))).rejects.toMatchObject({
      code: 'STORE',
      fault: 'not-a-log',
      retryable: false,
      outcome: 'none',
      message: expect.stringMatching(
        /nowhere.*`await createTable\(\{ client, tableName \}\)` of eventfold\/dynamodb.*`tableDefinition`/,
      ),
    })
  })

  test('on a table with another key names the option and the key', async () => {
    await using fresh = await openFresh({ keyNames: { pk: 'pk', sk: 'sk' } })
    await expect(run(fresh.open({ keyNames: KEY_NAMES }))).rejects.toMatchObject({
      code: 'STORE',
      fault: 'not-a-log',
      retryable: false,
      outcome: 'none',
      message: expect.stringMatching(
        /to be _pk and _sk, .*it has pk and sk.*`keyNames: \{ pk, sk \}`/,
      ),
    })
  })

  test('where one may not look at the table, still names the option', async () => {
    await using fresh = await openFresh({ keyNames: { pk: 'pk', sk: 'sk' } })
    const client = testClient()
    const blind = {
      send: async (command: never) => {
        if ((command as object).constructor.name === 'DescribeTableCommand') {
          throw new Error('AccessDeniedException')
        }
        return client.send(command)
      },
    }
    const table = fresh.open({ client: blind, keyNames: KEY_NAMES })
    await expect(run(table)).rejects.toThrow(/to be _pk and _sk, .*it has other ones.*`keyNames/)
  })

  test('says that nobody can be reached', async () => {
    const client = plainClient({ endpoint: 'http://127.0.0.1:9', maxAttempts: 1 })
    const options = { client, tableName: 'far', keyNames: KEY_NAMES, patience: 50 }
    await expect(run(openTable(options))).rejects.toMatchObject({
      fault: 'driver',
      retryable: true,
      outcome: 'none',
      message: expect.stringMatching(/cannot be reached.*endpoint/),
    })
  })

  test('says what is wrong with the client, once', async () => {
    let asked = 0
    const credentials = async (): Promise<never> => {
      asked += 1
      throw new Error('Could not load credentials')
    }
    const client = plainClient({ credentials })
    const options = { client, tableName: 'mine', keyNames: KEY_NAMES }
    await expect(run(openTable(options))).rejects.toMatchObject({
      fault: 'driver',
      retryable: false,
      outcome: 'none',
      message: expect.stringContaining('Could not load credentials'),
    })
    expect(asked).toBe(1)
  })
})

test('a table of numbers is another table', async () => {
  const TableName = `numbers-${Math.random().toString(36).slice(2)}`
  const [pk, sk] = shapeOf({}).KeySchema
  const client = plainClient()
  await client.send(
    new CreateTableCommand({
      TableName,
      KeySchema: [pk, sk],
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: '_pk', AttributeType: 'S' },
        { AttributeName: '_sk', AttributeType: 'N' },
      ],
    }),
  )
  const table = openTable({ client, tableName: TableName, keyNames: KEY_NAMES })
  await expect(table.put(head)).rejects.toThrow('both strings, and it has _pk and _sk (of type N)')
  await client.send(new DeleteTableCommand({ TableName }))
})

test('a table without the index of types names the index', async () => {
  const TableName = `bare-${Math.random().toString(36).slice(2)}`
  const { GlobalSecondaryIndexes: _, AttributeDefinitions, ...shape } = shapeOf({})
  const client = plainClient()
  await client.send(
    new CreateTableCommand({
      ...shape,
      TableName,
      AttributeDefinitions: AttributeDefinitions.slice(0, 2),
    }),
  )
  const table = openTable({ client, tableName: TableName, keyNames: KEY_NAMES })
  const byType = table.query({ pk: 'T', from: '0', to: '9', byType: true })
  await expect(Array.fromAsync(byType)).rejects.toMatchObject({
    fault: 'not-a-log',
    message: expect.stringMatching(/no index `by-type`.*`tableDefinition`/),
  })
  await client.send(new DeleteTableCommand({ TableName }))
})

test('what DynamoDB finds invalid is said, without the data', async () => {
  await using fresh = await openFresh()
  const data = 'confidential'.repeat(40_000)
  for (const write of [
    () => fresh.table.transact([{ put: { ...head, data } }]),
    () => fresh.table.put({ ...head, data }),
  ]) {
    await expect(write()).rejects.toMatchObject({
      fault: 'driver',
      retryable: false,
      outcome: 'none',
      message: expect.stringMatching(/^Cannot write to the table \S+: .*size(?:(?!confid).)*$/i),
    })
  }
})

test.each([
  "1 validation error detected: Value 'secret' at 'transactItems' failed",
  'Invalid operand: {S: secret}, type: {S: secret}',
  'The parameter cannot be converted to a numeric value: secret',
])('data that DynamoDB repeats is not repeated: %s', async (message) => {
  const error = Object.assign(new Error(message), {
    name: 'ValidationException',
    $metadata: { httpStatusCode: 400 },
  })
  const client = { send: () => Promise.reject(error) }
  const table = openTable({ client, tableName: 'orders', keyNames: KEY_NAMES })
  const refused = await table.put(key('a', '1')).catch((it: unknown) => it)
  expect(refused).toMatchObject({ code: 'STORE', cause: error })
  expect(String(refused)).toMatch(/ValidationException: .*…/)
  expect(String(refused)).not.toContain('secret')
})

test('a table with the right key is not blamed for it', async () => {
  await using fresh = await openFresh()
  const error = Object.assign(new Error('The provided key element does not match the schema'), {
    name: 'ValidationException',
    $metadata: { httpStatusCode: 400 },
  })
  const client = testClient()
  const table = fresh.open({
    client: {
      send: async (command: never) => {
        if ((command as object).constructor.name === 'DescribeTableCommand') {
          return client.send(command)
        }
        throw error
      },
    },
  })
  await expect(table.get(head)).rejects.toMatchObject({ fault: 'driver', cause: error })
})

describe('of several reasons of a cancelled transaction', () => {
  const cancelledFor = (...codes: readonly string[]) => ({
    send: async (): Promise<never> => {
      throw new TransactionCanceledException({
        message: 'cancelled',
        $metadata: { httpStatusCode: 400 },
        CancellationReasons: codes.map((Code) => ({ Code, Message: `${Code} it is` })),
      })
    },
  })
  const writes = [increment(head, 0), { put: key('a', '1'), condition: absent }]
  const commit = (...codes: readonly string[]) =>
    openTable({
      client: cancelledFor(...codes),
      tableName: 'orders',
      keyNames: KEY_NAMES,
      patience: 50,
    }).transact(writes)

  test('a condition comes before a conflict', async () => {
    const refused = new Map([[1, undefined]])
    expect(await commit('TransactionConflict', 'ConditionalCheckFailed')).toEqual({ refused })
  })

  test.each(['ValidationError', 'ItemCollectionSizeLimitExceeded', 'AccessDenied'])(
    '%s comes before a conflict, and is said',
    async (code) => {
      await expect(commit('TransactionConflict', code)).rejects.toMatchObject({
        fault: 'driver',
        retryable: false,
        outcome: 'none',
        message: expect.stringContaining(`${code} it is`),
      })
    },
  )

  test('conflicts and throttling pass together', async () => {
    const expected = { fault: 'busy', retryable: true, outcome: 'none' }
    await expect(commit('TransactionConflict', 'ThrottlingError')).rejects.toMatchObject(expected)
    await expect(commit('None', 'ProvisionedThroughputExceeded')).rejects.toMatchObject(expected)
  })
})

describe('a signal', () => {
  const aborted = AbortSignal.abort('enough')

  test('that has spoken before lets nothing be sent', async () => {
    await using fresh = await openFresh()
    const table = fresh.open({ client: { send: () => expect.unreachable() } })
    const expected = { code: 'ABORTED', outcome: 'none', cause: 'enough' }
    await expect(table.get(head, aborted)).rejects.toMatchObject(expected)
    await expect(table.getAll([head], aborted)).rejects.toMatchObject(expected)
    const all = table.query({ pk: 'a', from: '0', to: '9' }, aborted)
    await expect(Array.fromAsync(all)).rejects.toMatchObject(expected)
    const written = table.transact([increment(head, 0)], aborted)
    await expect(written).rejects.toMatchObject(expected)
  })

  /** A client whose answers never come. */
  function silentClient() {
    const { requestHandler } = plainClient().config
    const handle: Handle = (request, options) => {
      sent.resolve()
      return requestHandler.handle(request, options).then(
        () =>
          new Promise((_, reject) => {
            const { abortSignal } = options as { readonly abortSignal?: AbortSignal }
            const abort = (): void => reject(new DOMException('Aborted', 'AbortError'))
            if (abortSignal?.aborted) abort()
            else abortSignal?.addEventListener('abort', abort)
          }),
      )
    }
    const sent = Promise.withResolvers<void>()
    const client = plainClient({ requestHandler: { handle } })
    return { client, sent: sent.promise }
  }

  test.each<[string, (table: Table, signal: AbortSignal) => Promise<unknown>, string]>([
    ['a read', (table, signal) => table.get(head, signal), 'none'],
    ['a write', (table, signal) => table.transact([increment(head, 0)], signal), 'unknown'],
  ])('that speaks while %s is under way ends it', async (_, run, outcome) => {
    await using fresh = await openFresh()
    const { client, sent } = silentClient()
    const controller = new AbortController()
    const running = run(fresh.open({ client }), controller.signal)
    void sent.then(() => controller.abort('enough'))
    await expect(running).rejects.toMatchObject({ code: 'ABORTED', outcome, cause: 'enough' })
  })

  test('that speaks while a refusal is waited out ends the wait', async () => {
    await using fresh = await openFresh()
    const controller = new AbortController()
    const client = {
      send: async () => {
        controller.abort('enough')
        throw Object.assign(new Error('slow down'), { name: 'ThrottlingException' })
      },
    }
    const running = fresh.open({ client }).transact([increment(head, 0)], controller.signal)
    await expect(running).rejects.toMatchObject({ code: 'ABORTED', outcome: 'none' })
  })
})

test('a client that sends again by itself leaves no doubt', async () => {
  await using fresh = await openFresh()
  const { requestHandler } = plainClient().config
  let calls = 0
  const handle: Handle = async (request, options) => {
    const answer = await requestHandler.handle(request, options)
    calls += 1
    if (calls % 2) throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
    return answer
  }
  const table = fresh.open({ client: plainClient({ requestHandler: { handle } }) })
  expect(await table.put({ ...head, n: 1 }, absent)).toBe(true)
  expect(await table.put({ ...head, n: 2 }, absent)).toBe(false)
  expect(await table.transact([increment(key('a', 'HEAD'), 0)])).toBeUndefined()
  expect(await table.get(key('a', 'HEAD'))).toMatchObject({ count: 1 })
  expect(calls).toBe(8)
})

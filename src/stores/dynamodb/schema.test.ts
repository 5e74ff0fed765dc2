import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb'
import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  UpdateTimeToLiveCommand,
  type TableDescription,
} from '@aws-sdk/client-dynamodb'
import { expect, test } from 'vitest'
import { freshTable, plainClient, testClient } from './engine.fixture.ts'
import { createTable } from './schema.ts'
import { tableDefinition } from './table-definition.ts'
import { shapeOf, type ShapeOptions } from './table-shape.ts'

const client = testClient()
const provisioned = { readCapacity: 3, writeCapacity: 2 }

async function describe(tableName: string): Promise<TableDescription> {
  const { Table = {} } = await plainClient().send(
    new DescribeTableCommand({ TableName: tableName }),
  )
  return Table
}

async function expiryOf(tableName: string): Promise<string | undefined> {
  const command = new DescribeTimeToLiveCommand({ TableName: tableName })
  const { TimeToLiveDescription: found } = await plainClient().send(command)
  return found?.TimeToLiveStatus === 'ENABLED' ? found.AttributeName : undefined
}

/** A table of somebody else, deleted at the end. */
async function foreignTable(
  input: Partial<ConstructorParameters<typeof CreateTableCommand>[0]>,
): Promise<AsyncDisposable & { readonly tableName: string }> {
  const TableName = `foreign-${Math.random().toString(36).slice(2)}`
  await plainClient().send(new CreateTableCommand({ ...shapeOf({}), ...input, TableName }))
  return {
    tableName: TableName,
    [Symbol.asyncDispose]: async () => {
      await plainClient().send(new DeleteTableCommand({ TableName }))
    },
  }
}

/** What matters of a table, whoever has made it. */
function essence(table: TableDescription) {
  return {
    key: table.KeySchema,
    attributes: table.AttributeDefinitions?.map(({ AttributeName }) => AttributeName).sort(),
    billing: table.BillingModeSummary?.BillingMode ?? 'PROVISIONED',
    stream: table.StreamSpecification?.StreamViewType,
    indexes: table.GlobalSecondaryIndexes?.map(
      ({ IndexName, KeySchema, Projection, ProvisionedThroughput }) => ({
        IndexName,
        KeySchema,
        Projection,
        writes: ProvisionedThroughput?.WriteCapacityUnits,
      }),
    ),
    writes: table.ProvisionedThroughput?.WriteCapacityUnits,
  }
}

test('a table has its key, the index of types, a stream and a time to live', async () => {
  await using fresh = await freshTable()
  expect(essence(await describe(fresh.tableName))).toEqual({
    key: [
      { AttributeName: '_pk', KeyType: 'HASH' },
      { AttributeName: '_sk', KeyType: 'RANGE' },
    ],
    attributes: ['_pk', '_sk', 'at', 'byType'],
    billing: 'PAY_PER_REQUEST',
    stream: 'NEW_IMAGE',
    indexes: [
      {
        IndexName: 'by-type',
        KeySchema: [
          { AttributeName: 'byType', KeyType: 'HASH' },
          { AttributeName: 'at', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'ALL' },
        writes: 0,
      },
    ],
    writes: 0,
  })
  expect(await expiryOf(fresh.tableName)).toBe('expires')
})

test('a table may be provisioned, and has the key names it is given', async () => {
  const options = { keyNames: { pk: 'pk', sk: 'sk' }, billing: provisioned }
  await using fresh = await freshTable(options)
  const found = essence(await describe(fresh.tableName))
  expect(found).toMatchObject({ billing: 'PROVISIONED', writes: 2, indexes: [{ writes: 2 }] })
  expect(found.key?.map(({ AttributeName }) => AttributeName)).toEqual(['pk', 'sk'])
})

test('a table that is there stays, and is completed where its making was cut short', async () => {
  await using begun = await foreignTable({})
  const { tableName } = begun
  await Promise.all([createTable({ client, tableName }), createTable({ client, tableName })])
  expect(await expiryOf(tableName)).toBe('expires')
  await createTable({ client: plainClient(), tableName })
})

test('a table with another key is refused, with what it has', async () => {
  await using fresh = await freshTable({ keyNames: { pk: 'pk', sk: 'sk' } })
  await expect(createTable({ client, tableName: fresh.tableName })).rejects.toMatchObject({
    code: 'STORE',
    fault: 'not-a-log',
    message: expect.stringMatching(/expected to be _pk and _sk, .* it has pk and sk.*`keyNames/),
  })
})

test.each([
  ['no index of types', { GlobalSecondaryIndexes: undefined, AttributeDefinitions: keysOnly() }],
  ['an index of keys alone', { GlobalSecondaryIndexes: keysProjected() }],
])('a table with %s is refused', async (_, input) => {
  await using foreign = await foreignTable(input)
  await expect(createTable({ client, tableName: foreign.tableName })).rejects.toMatchObject({
    fault: 'not-a-log',
    message: expect.stringMatching(/no index `by-type`.*tableDefinition/),
  })
})

function keysProjected() {
  return shapeOf({}).GlobalSecondaryIndexes.map((index) => ({
    ...index,
    Projection: { ProjectionType: 'KEYS_ONLY' as const },
  }))
}

function keysOnly() {
  return shapeOf({}).AttributeDefinitions.slice(0, 2)
}

test('a table whose items expire by something else is refused', async () => {
  await using foreign = await foreignTable({})
  const TimeToLiveSpecification = { Enabled: true, AttributeName: 'ttl' }
  await plainClient().send(
    new UpdateTimeToLiveCommand({ TableName: foreign.tableName, TimeToLiveSpecification }),
  )
  await expect(createTable({ client, tableName: foreign.tableName })).rejects.toThrow(
    'its time to live is the attribute ttl, and a log needs `expires`',
  )
})

test.each([
  [{ pk: 'id', sk: 'sk' }],
  [{ pk: 'pk', sk: 'pk' }],
  [{ pk: '', sk: 'sk' }],
  [{ pk: '#a', sk: 'sk' }],
])('%j are no names of keys', async (keyNames) => {
  await expect(createTable({ client, tableName: 'any', keyNames })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining('keyNames'),
  })
})

test.each([[{}], [{ keyNames: { pk: 'pk', sk: 'sk' }, billing: provisioned }]])(
  'CloudFormation makes the table that createTable makes: %j',
  async (options) => {
    await using made = await freshTable(options)
    const { TimeToLiveSpecification, StreamSpecification, ...properties } = tableDefinition({
      ...options,
      as: 'cloudformation',
    })
    expect(TimeToLiveSpecification).toEqual({ AttributeName: 'expires', Enabled: true })
    const stream = { ...StreamSpecification, StreamEnabled: true }
    await using deployed = await foreignTable({ ...properties, StreamSpecification: stream })
    const found = essence(await describe(deployed.tableName))
    expect(found).toEqual(essence(await describe(made.tableName)))
  },
)

test.each([[{}], [{ keyNames: { pk: 'pk', sk: 'sk' }, billing: provisioned }]])(
  'the CDK synthesises the table that CloudFormation is told of: %j',
  (options: ShapeOptions) => {
    const stack = new Stack(new App(), 'Shop')
    const table = new dynamodb.TableV2(
      stack,
      'Orders',
      tableDefinition({ ...options, as: 'cdk', dynamodb }),
    )
    expect(table.tableStreamArn).toBeDefined()
    const { AttributeDefinitions, GlobalSecondaryIndexes, ...direct } = tableDefinition({
      ...options,
      as: 'cloudformation',
    })
    const { KeySchema, BillingMode, StreamSpecification, TimeToLiveSpecification } = direct
    const [index] = GlobalSecondaryIndexes
    Template.fromStack(stack).hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      AttributeDefinitions,
      KeySchema,
      BillingMode,
      StreamSpecification,
      TimeToLiveSpecification,
      GlobalSecondaryIndexes: [
        {
          IndexName: index?.IndexName,
          KeySchema: index?.KeySchema,
          Projection: index?.Projection,
        },
      ],
      ...(options.billing && {
        WriteProvisionedThroughputSettings: {
          WriteCapacityAutoScalingSettings: { MinCapacity: 2, MaxCapacity: 2 },
        },
      }),
    })
  },
)

test('SST is told of the same table, on demand', () => {
  expect(tableDefinition({ as: 'sst', keyNames: { pk: 'pk', sk: 'sk' } })).toEqual({
    fields: { pk: 'string', sk: 'string', byType: 'string', at: 'string' },
    primaryIndex: { hashKey: 'pk', rangeKey: 'sk' },
    globalIndexes: { 'by-type': { hashKey: 'byType', rangeKey: 'at' } },
    stream: 'new-image',
    ttl: 'expires',
  })
  // @ts-expect-error: its tables are on demand
  expect(() => tableDefinition({ as: 'sst', billing: provisioned })).toThrow('on demand')
})

import { setTimeout as delay } from 'node:timers/promises'
import {
  CreateTableCommand,
  DescribeTimeToLiveCommand,
  UpdateTimeToLiveCommand,
  type TableDescription,
} from '@aws-sdk/client-dynamodb'
import { createCalls, describe, keyText, type Calls } from './calls.ts'
import type { DynamoClient } from './client.ts'
import {
  isExistingTable,
  isMissingTable,
  missingIndex,
  neverReady,
  otherExpiry,
  otherKeys,
  type Call,
} from './errors.ts'
import { PATIENCE } from './retry.ts'
import { BY_TYPE, EXPIRES, KEY_NAMES, shapeOf, type ShapeOptions } from './table-shape.ts'

export interface CreateTableOptions extends ShapeOptions {
  /** A `DynamoDBDocumentClient` or a `DynamoDBClient`. */
  readonly client: DynamoClient
  readonly tableName: string
  /** Whether new items go to a stream, which the handlers of `eventfold/streams` need. Default is `true`. */
  readonly stream?: boolean | undefined
}

/** Milliseconds between two looks at a table that is being made, and for how long. */
const PAUSE = 1000
const READY_WITHIN = 300_000

/**
 * Makes the table of a log and waits until it can be used: its key, the index `by-type`, a stream of new
 * images, and `expires` as the time to live. A table that is there already stays as it is; where
 * it cannot hold a log, the error says why. Meant for development and tests; deploy
 * {@link tableDefinition} elsewhere.
 *
 * ```ts
 * await createTable({ client, tableName: 'orders' })
 * ```
 */
export async function createTable(options: CreateTableOptions): Promise<void> {
  const { client, tableName, keyNames = KEY_NAMES, stream = true } = options
  const call: Call = { what: 'make', tableName, keyNames }
  const calls = createCalls({ client, tableName, keyNames, patience: PATIENCE })
  const shape = shapeOf(options)
  await calls.call(
    call,
    () =>
      new CreateTableCommand({
        ...shape,
        TableName: tableName,
        ...(stream && {
          StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
        }),
      }),
    (error) => (isExistingTable(error) ? {} : undefined),
  )
  const table = await untilReady(client, call)
  if (keyText(table) !== keyText(shape)) throw otherKeys(call, keyText(table))
  if (!hasIndex(table)) throw missingIndex(call)
  await setExpiry(calls, call)
}

async function untilReady(client: DynamoClient, call: Call): Promise<TableDescription> {
  const end = performance.now() + READY_WITHIN
  let pause = 20
  for (;;) {
    // For a moment, a new table is not known everywhere.
    const table = await describe(client, call.tableName).catch((error: unknown) => {
      if (isMissingTable(error)) return undefined
      throw error
    })
    const isReady = (status: string | undefined): boolean =>
      status === 'ACTIVE' || status === 'UPDATING'
    const indexes = table?.GlobalSecondaryIndexes ?? []
    if (table && [table.TableStatus, ...indexes.map((it) => it.IndexStatus)].every(isReady)) {
      return table
    }
    if (performance.now() > end) throw neverReady(call, table?.TableStatus)
    await delay(pause)
    pause = Math.min(pause * 2, PAUSE)
  }
}

function hasIndex({ GlobalSecondaryIndexes = [] }: TableDescription): boolean {
  const index = GlobalSecondaryIndexes.find(({ IndexName }) => IndexName === BY_TYPE.name)
  const key = index?.KeySchema?.map(({ AttributeName }) => AttributeName).join()
  return key === `${BY_TYPE.pk},${BY_TYPE.sk}` && index?.Projection?.ProjectionType === 'ALL'
}

async function setExpiry(calls: Calls, call: Call): Promise<void> {
  const TableName = call.tableName
  const { TimeToLiveDescription: found } = await calls.call(
    call,
    () => new DescribeTimeToLiveCommand({ TableName }),
  )
  const isOn = found?.TimeToLiveStatus === 'ENABLED' || found?.TimeToLiveStatus === 'ENABLING'
  if (isOn && found.AttributeName !== EXPIRES) throw otherExpiry(call, String(found.AttributeName))
  if (isOn) return
  const TimeToLiveSpecification = { Enabled: true, AttributeName: EXPIRES }
  await calls.call(call, () => new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }))
}

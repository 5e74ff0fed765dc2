import { DescribeTableCommand } from '@aws-sdk/client-dynamodb'
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams'
import type { StreamHandler } from 'eventfold/streams'
import { settings, type OpenedTable } from './table.ts'

/** The stream of a table, as one function sees it. */
export interface LocalStream extends Disposable {
  /**
   * What Lambda does: gives the function what is new since its checkpoint, batch by batch, until nothing
   * is. Where it fails, the next batch begins with what failed. Gives the number of records.
   */
  readonly deliver: () => Promise<number>
  /** As if the checkpoint was never written: all comes again. */
  readonly forgetCheckpoint: () => void
}

const BATCH = 100
const ATTEMPTS = 25

export async function openStream(
  { client, tableName, endpoint }: OpenedTable,
  handler: StreamHandler,
): Promise<LocalStream> {
  const streams = new DynamoDBStreamsClient({ ...settings, endpoint })
  const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }))
  const StreamArn = Table?.LatestStreamArn
  const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }))
  const [{ ShardId } = {}] = StreamDescription?.Shards ?? []
  let checkpoint: string | undefined

  const next = async () => {
    const from = checkpoint
      ? ({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: checkpoint } as const)
      : ({ ShardIteratorType: 'TRIM_HORIZON' } as const)
    const iterator = new GetShardIteratorCommand({ StreamArn, ShardId, ...from })
    const { ShardIterator } = await streams.send(iterator)
    const page = await streams.send(new GetRecordsCommand({ ShardIterator, Limit: BATCH }))
    return page.Records ?? []
  }

  return {
    deliver: async () => {
      let delivered = 0
      let attempts = 0
      for (let records = await next(); records.length > 0; records = await next()) {
        const { batchItemFailures } = await handler({ Records: records })
        const [failure] = batchItemFailures
        const numbers = records.map(({ dynamodb }) => dynamodb?.SequenceNumber)
        const done = failure ? numbers.indexOf(failure.itemIdentifier) : records.length
        attempts = done > 0 ? 0 : attempts + 1
        if (attempts > ATTEMPTS) throw new Error(`The function has failed ${attempts} times`)
        delivered += Math.max(done, 0)
        checkpoint = numbers[done - 1] ?? checkpoint
      }
      return delivered
    },
    forgetCheckpoint: () => {
      checkpoint = undefined
    },
    [Symbol.dispose]: () => streams.destroy(),
  }
}

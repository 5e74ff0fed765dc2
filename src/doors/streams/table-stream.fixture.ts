import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams'
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb'
import { dynamodbEndpoint, LOCAL, plainClient } from '../../stores/dynamodb/engine.fixture.ts'
import type { StreamRecord } from '../../stores/dynamodb/stream-record.ts'
import type { StreamHandler } from './create-stream-handler.ts'

/** All that the stream of a table has, oldest first, as the SDK gives it. */
export async function streamOf(tableName: string): Promise<StreamRecord[]> {
  const client = plainClient()
  const streams = new DynamoDBStreamsClient({ ...LOCAL, endpoint: dynamodbEndpoint() })
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }))
    const StreamArn = Table?.LatestStreamArn
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }))
    const records: StreamRecord[] = []
    for (const { ShardId } of StreamDescription?.Shards ?? []) {
      const from = { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' } as const
      let { ShardIterator } = await streams.send(new GetShardIteratorCommand(from))
      while (ShardIterator !== undefined) {
        const page = await streams.send(new GetRecordsCommand({ ShardIterator }))
        records.push(...(page.Records ?? []))
        ShardIterator = page.Records?.length ? page.NextShardIterator : undefined
      }
    }
    return records
  } finally {
    client.destroy()
    streams.destroy()
  }
}

/** What Lambda does with a stream: from its checkpoint on, again and again. Gives the number of calls. */
export async function consume(
  records: readonly StreamRecord[],
  handler: StreamHandler,
  { size = 100, patience = 1000 }: { readonly size?: number; readonly patience?: number } = {},
): Promise<number> {
  let at = 0
  let calls = 0
  while (at < records.length) {
    if ((calls += 1) > patience) throw new Error(`no end after ${patience} calls`)
    const batch = records.slice(at, at + size)
    const { batchItemFailures } = await handler({ Records: batch })
    const [first] = batchItemFailures
    const failed = batch.findIndex(
      ({ dynamodb }) => dynamodb?.SequenceNumber === first?.itemIdentifier,
    )
    at += first ? Math.max(failed, 0) : batch.length
  }
  return calls
}

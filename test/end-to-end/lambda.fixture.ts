import { setTimeout as delay } from 'node:timers/promises'
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb'
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams'
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import type { createEventListener } from 'eventfold/sqs'
import type { StreamHandler, StreamRecord } from 'eventfold/streams'
import { dynamodbEndpoint, LOCAL, plainClient } from '../../src/stores/dynamodb/engine.fixture.ts'

/** A function from its cold start until its process ends. */
export interface Running<Handler> {
  readonly handler: Handler
  /** Whether its process has ended in the middle: whatever it answers, nobody hears it. */
  readonly isDead?: () => boolean
}

export interface StreamMapping {
  readonly tableName: string
  readonly batchSize: number
  /** A cold start: of the first process, and of one more for each that has ended. */
  readonly start: () => Running<StreamHandler>
  /** Whether the process ends after the function, before the checkpoint is moved. */
  readonly endsBeforeCheckpoint: (records: readonly StreamRecord[]) => boolean
  readonly signal: AbortSignal
}

/** How often in a row a mapping has found nothing new. */
export interface StreamProgress {
  foundNothing: number
}

/**
 * What Lambda does with the stream of a table: batch after batch from the checkpoint on, the next one when
 * the function has answered; from the first failed record on again, or the whole batch where it throws.
 */
export async function followStream(
  { tableName, batchSize, start, endsBeforeCheckpoint, signal }: StreamMapping,
  progress: StreamProgress,
): Promise<void> {
  const tables = plainClient()
  const client = new DynamoDBStreamsClient({ ...LOCAL, endpoint: dynamodbEndpoint() })
  try {
    const { Table } = await tables.send(new DescribeTableCommand({ TableName: tableName }))
    const StreamArn = Table?.LatestStreamArn
    const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamArn }))
    const [{ ShardId } = {}] = StreamDescription?.Shards ?? []
    let running = start()
    let checkpoint: string | undefined
    while (!signal.aborted) {
      const from = checkpoint
        ? ({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: checkpoint } as const)
        : ({ ShardIteratorType: 'TRIM_HORIZON' } as const)
      const { ShardIterator } = await client.send(
        new GetShardIteratorCommand({ StreamArn, ShardId, ...from }),
      )
      const page = await client.send(new GetRecordsCommand({ ShardIterator, Limit: batchSize }))
      const { Records: records = [] } = page
      progress.foundNothing = records.length === 0 ? progress.foundNothing + 1 : 0
      if (progress.foundNothing > 0) {
        await delay(20)
        continue
      }
      const failedFrom = await running.handler({ Records: records }).then(
        ({ batchItemFailures: [first] }) => first?.itemIdentifier,
        () => records[0]?.dynamodb?.SequenceNumber,
      )
      if (running.isDead?.() || endsBeforeCheckpoint(records)) {
        running = start()
        continue
      }
      const failed = records.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === failedFrom)
      const done = failedFrom === undefined ? records : records.slice(0, Math.max(failed, 0))
      checkpoint = done.at(-1)?.dynamodb?.SequenceNumber ?? checkpoint
    }
  } finally {
    tables.destroy()
    client.destroy()
  }
}

type Listener = ReturnType<typeof createEventListener>

/**
 * What may happen to a listener's batch: its process ends in the middle of it, or when it has handled all;
 * or it answers, and the queue does not hear that the messages are done.
 */
export type BatchFault = 'stopped' | 'unanswered' | 'undeleted'

export interface QueueMapping {
  readonly sqs: SQSClient
  readonly queueUrl: string
  readonly start: () => Listener
  readonly fault: () => BatchFault | undefined
  readonly signal: AbortSignal
}

/** What Lambda does with a queue: what was answered as failed is delivered again, all else is deleted. */
export async function followQueue(mapping: QueueMapping): Promise<void> {
  const { sqs, queueUrl: QueueUrl, start, fault, signal } = mapping
  let listener = start()
  while (!signal.aborted) {
    const { Messages: messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        MessageSystemAttributeNames: ['All'],
      }),
    )
    if (messages.length === 0) {
      await delay(20)
      continue
    }
    const Records = messages.map(({ MessageId = '', Body = '', Attributes: attributes }) => ({
      messageId: MessageId,
      body: Body,
      attributes: { MessageGroupId: attributes?.MessageGroupId },
    }))
    const met = fault()
    const taken = met === 'stopped' ? Records.slice(0, Math.floor(Records.length / 2)) : Records
    const { batchItemFailures } = await listener({ Records: taken })
    if (met === 'stopped' || met === 'unanswered') {
      // Its messages are in flight until their time has passed.
      listener = start()
      continue
    }
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
    for (const { MessageId = '', ReceiptHandle } of messages) {
      const command =
        failed.has(MessageId) || met === 'undeleted'
          ? new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 })
          : new DeleteMessageCommand({ QueueUrl, ReceiptHandle })
      // A receipt that has expired: the message comes again.
      await sqs.send(command as DeleteMessageCommand).catch(() => {})
    }
  }
}

import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import type { createEventListener } from 'eventfold/sqs'
import { startFauxqs } from 'fauxqs'
import { settings } from './table.ts'

/** A function behind a queue. */
export type QueueFunction = ReturnType<typeof createEventListener>

/** A FIFO queue that lives as long as this run. */
export interface LocalQueue extends AsyncDisposable {
  readonly endpoint: string
  readonly url: string
  /** How many messages wait. */
  readonly waiting: () => Promise<number>
  /**
   * What Lambda does: takes a batch off the queue, calls the function, deletes what it has handled, and puts
   * back what it answers as failed. Gives the number of messages in the batch.
   */
  readonly deliver: (handler: QueueFunction) => Promise<number>
}

export async function startQueue(name: string): Promise<LocalQueue> {
  const server = await startFauxqs({ port: 0, logger: false })
  const sqs = new SQSClient({ ...settings, endpoint: server.address })
  const { QueueUrl = '' } = await sqs.send(
    new CreateQueueCommand({ QueueName: name, Attributes: { FifoQueue: 'true' } }),
  )
  return {
    endpoint: server.address,
    url: QueueUrl,
    waiting: async () => {
      const { Attributes: found = {} } = await sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl,
          AttributeNames: ['ApproximateNumberOfMessages'],
        }),
      )
      return Number(found.ApproximateNumberOfMessages)
    },
    deliver: async (handler) => {
      const { Messages: messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          MessageSystemAttributeNames: ['MessageGroupId'],
        }),
      )
      if (messages.length === 0) return 0
      const { batchItemFailures } = await handler({
        Records: messages.map(({ MessageId = '', Body = '', Attributes: attributes }) => ({
          messageId: MessageId,
          body: Body,
          attributes: { MessageGroupId: attributes?.MessageGroupId },
        })),
      })
      const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
      for (const { MessageId = '', ReceiptHandle } of messages) {
        // At once: Lambda would wait until the visibility timeout has passed.
        const back = { QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }
        if (failed.has(MessageId)) await sqs.send(new ChangeMessageVisibilityCommand(back))
        else await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
      }
      return messages.length
    },
    [Symbol.asyncDispose]: async () => {
      sqs.destroy()
      await server.stop()
    },
  }
}

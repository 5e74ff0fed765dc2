import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { startFauxqs } from 'fauxqs'

/** What a queue gave. */
export interface Received {
  readonly body: unknown
  readonly text: string
  readonly group: string | undefined
  readonly deduplication: string | undefined
}

/** SQS and S3 of a test of its own, talked to through the SDK. */
export interface Queues extends AsyncDisposable {
  readonly endpoint: string
  readonly sqs: SQSClient
  readonly s3: S3Client
  /** The URL. `maxBytes` is the largest message, from 1024 on. */
  readonly queue: (name: string, options?: { readonly maxBytes?: number }) => Promise<string>
  readonly bucket: (name: string) => Promise<string>
  /** All messages that wait, in their order, and takes them out. */
  readonly received: (url: string) => Promise<Received[]>
}

export async function startQueues(): Promise<Queues> {
  const server = await startFauxqs({ port: 0, logger: false })
  const settings = {
    endpoint: server.address,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  }
  const sqs = new SQSClient(settings)
  const s3 = new S3Client({ ...settings, forcePathStyle: true })
  return {
    endpoint: server.address,
    sqs,
    s3,
    queue: async (name, { maxBytes } = {}) => {
      const Attributes = {
        ...(name.endsWith('.fifo') && { FifoQueue: 'true' }),
        ...(maxBytes !== undefined && { MaximumMessageSize: String(maxBytes) }),
      }
      const made = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes }))
      return String(made.QueueUrl)
    },
    bucket: async (name) => {
      await s3.send(new CreateBucketCommand({ Bucket: name }))
      return name
    },
    received: async (QueueUrl) => {
      const received: Received[] = []
      for (;;) {
        const command = new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          MessageSystemAttributeNames: ['All'],
        })
        const { Messages: messages = [] } = await sqs.send(command)
        if (messages.length === 0) return received
        for (const { Body: text = '', Attributes, ReceiptHandle } of messages) {
          received.push({
            body: JSON.parse(text),
            text,
            group: Attributes?.MessageGroupId,
            deduplication: Attributes?.MessageDeduplicationId,
          })
          await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
        }
      }
    },
    [Symbol.asyncDispose]: async () => {
      sqs.destroy()
      s3.destroy()
      await server.stop()
    },
  }
}

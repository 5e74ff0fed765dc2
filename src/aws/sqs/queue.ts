import { is, type Check } from '../../store/check-value.ts'
import { awsClient, clientSource, load, type AwsClient } from '../send/client.ts'
import { deliver, type Service, type Target } from '../send/deliver.ts'
import { failureOf, refusalOf } from '../send/failure.ts'
import { sha256 } from '../send/hash.ts'
import { fitting, largeBodies, type LargeBodies } from '../send/large-body.ts'

/** Of a message, and of all messages of a request: 1 MiB. */
const QUEUE_BYTES = 1024 * 1024

export interface QueueOptions {
  /** An `SQSClient`. Default is one made at first use, from `AWS_REGION`, `AWS_ENDPOINT_URL` and the like. */
  readonly client?: AwsClient | undefined
  /** Where larger messages go. Default is to refuse them. */
  readonly s3?: LargeBodies | undefined
  /** Bytes of a message, where the queue's `MaximumMessageSize` is another. Default is 1,048,576. */
  readonly maxBytes?: number | undefined
}

interface QueueEntry {
  readonly Id: string
  readonly MessageBody: string
  readonly MessageGroupId?: string
  readonly MessageDeduplicationId?: string
}

const SQS = '@aws-sdk/client-sqs'

export const queueUrl: Check = is(
  'the URL of a queue',
  (value) => typeof value === 'string' && /^https?:\/\/./u.test(value),
)

export const maxBytes: Check = is(
  'a whole number of bytes from 1024',
  (value) => Number.isSafeInteger(value) && Number(value) >= 1024,
)

export const queueChecks: Readonly<Record<keyof QueueOptions, Check>> = {
  client: awsClient,
  s3: largeBodies,
  maxBytes,
}

/** A queue to send to. One whose URL ends with `.fifo` gets groups and deduplication ids. */
export function queueTarget(url: string, options: QueueOptions = {}): Target {
  const { client, s3, maxBytes: limit = QUEUE_BYTES } = options
  const isFifo = url.endsWith('.fifo')
  const name = `the queue ${url}`
  const source = clientSource(client, async () => {
    const { SQSClient } = await load(SQS, () => import('@aws-sdk/client-sqs'))
    const { AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL = AWS_ENDPOINT_URL_SQS } = process.env
    // Otherwise it would go where the URL of the queue says.
    return new SQSClient(AWS_ENDPOINT_URL ? { useQueueUrlAsEndpoint: false } : {})
  })
  const service: Service<QueueEntry> = {
    maxBytes: limit,
    pack: async (parcel) => {
      const { type, id, group, body } = parcel
      const what = `${type} ${id} for ${name}`
      const text = await fitting(plainText(JSON.stringify(body)), { limit, what, s3 })
      const entry = {
        Id: '',
        MessageBody: text,
        ...(isFifo && { MessageGroupId: nameOf(group), MessageDeduplicationId: nameOf(id) }),
      }
      return { entry, bytes: Buffer.byteLength(text) }
    },
    send: async (entries) => {
      const { SendMessageBatchCommand } = await load(SQS, () => import('@aws-sdk/client-sqs'))
      const Entries = entries.map((entry, index) => ({ ...entry, Id: String(index) }))
      const sender = await source()
      try {
        const command = new SendMessageBatchCommand({ QueueUrl: url, Entries })
        return faultsOf(name, entries.length, (await sender.send(command as never)) as BatchAnswer)
      } catch (cause) {
        throw failureOf(`send to ${name}`, cause)
      }
    },
  }
  return {
    name,
    isOrdered: isFifo,
    deliver: (parcels, delivery) => deliver(service, parcels, delivery),
  }
}

interface BatchAnswer {
  readonly Successful?: readonly { readonly Id?: string | undefined }[] | undefined
  readonly Failed?: readonly Refusal[] | undefined
}

interface Refusal {
  readonly Id?: string | undefined
  readonly Code?: string | undefined
  readonly Message?: string | undefined
  readonly SenderFault?: boolean | undefined
}

function faultsOf(name: string, count: number, answer: BatchAnswer): (Error | undefined)[] {
  const sent = new Set(answer.Successful?.map(({ Id }) => Id))
  const refused = new Map(answer.Failed?.map((refusal) => [refusal.Id, refusal]))
  return Array.from({ length: count }, (_, index) => {
    const id = String(index)
    const refusal = refused.get(id)
    if (!refusal && sent.has(id)) return undefined
    const { Code: code, Message: message, SenderFault: isOurs = false } = refusal ?? {}
    return refusalOf(name, 'an entry', { code, message }, !isOurs)
  })
}

/** What SQS takes as the name of a group, or of a repetition; other texts give way to their SHA-256. */
function nameOf(text: string): string {
  const isValid = /^[!-~]{1,128}$/u.test(text) && !text.startsWith('sha256:')
  return isValid ? text : `sha256:${sha256(text)}`
}

// SQS refuses U+FFFE and U+FFFF, and some who stand in for it everything from U+10000 on. JSON can write
// them all in plain letters.
function plainText(json: string): string {
  return json.replaceAll(
    /[\uD800-\uDFFF\uFFFE\uFFFF]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16)}`,
  )
}

import { LimitError } from '../../store/errors.ts'
import type { Check } from '../../store/check-value.ts'
import { awsClient, clientSource, load, type AwsClient } from '../send/client.ts'
import { deliver, type Service, type Target } from '../send/deliver.ts'
import { failureOf, refusalOf } from '../send/failure.ts'
import { fitting, largeBodies, type LargeBodies } from '../send/large-body.ts'
import { maxBytes } from '../sqs/queue.ts'

/** Of all entries of a request: less than 1 MB, in the stricter reading of it. */
const BUS_BYTES = 999_999

/** Characters of a detail type and of a source. */
const TYPE_LENGTH = 128
const SOURCE_LENGTH = 256

export interface BusOptions {
  /** An `EventBridgeClient`. Default is one made at first use, from `AWS_REGION`, `AWS_ENDPOINT_URL` and the like. */
  readonly client?: AwsClient | undefined
  /** Where larger messages go. Default is to refuse them. */
  readonly s3?: LargeBodies | undefined
  /** Bytes of an entry and of a request, where the service takes others. Default is 999,999. */
  readonly maxBytes?: number | undefined
}

interface BusEntry {
  readonly EventBusName: string
  readonly Source: string
  readonly DetailType: string
  readonly Detail: string
}

const EVENT_BRIDGE = '@aws-sdk/client-eventbridge'

export const busChecks: Readonly<Record<keyof BusOptions, Check>> = {
  client: awsClient,
  s3: largeBodies,
  maxBytes,
}

/** A bus to send to. */
export function busTarget(busName: string, options: BusOptions = {}): Target {
  const { client, s3, maxBytes: total = BUS_BYTES } = options
  const name = `the bus ${busName}`
  const clientOf = clientSource(client, async () => {
    const { EventBridgeClient } = await load(
      EVENT_BRIDGE,
      () => import('@aws-sdk/client-eventbridge'),
    )
    return new EventBridgeClient({})
  })
  const service: Service<BusEntry> = {
    maxBytes: total,
    pack: async ({ id, type, source, body }) => {
      const what = `${type} ${id} for ${name}`
      checkLength(`the type of ${what}`, type, TYPE_LENGTH)
      checkLength(`the source of ${what}`, source, SOURCE_LENGTH)
      const around = Buffer.byteLength(source) + Buffer.byteLength(type)
      const limit = total - around
      const detail = await fitting(JSON.stringify(body), { limit, what, s3 })
      return {
        entry: { EventBusName: busName, Source: source, DetailType: type, Detail: detail },
        bytes: around + Buffer.byteLength(detail),
      }
    },
    send: async (entries) => {
      const { PutEventsCommand } = await load(
        EVENT_BRIDGE,
        () => import('@aws-sdk/client-eventbridge'),
      )
      const sender = await clientOf()
      try {
        const answer = await sender.send(new PutEventsCommand({ Entries: [...entries] }) as never)
        const { Entries: answers = [] } = answer as BusAnswer
        return entries.map((_, index) => faultOf(name, answers[index]))
      } catch (cause) {
        throw failureOf(`send to ${name}`, cause)
      }
    },
  }
  return {
    name,
    isOrdered: false,
    deliver: (parcels, delivery) => deliver(service, parcels, delivery),
  }
}

interface BusAnswer {
  readonly Entries?: readonly EntryAnswer[] | undefined
}

interface EntryAnswer {
  readonly EventId?: string | undefined
  readonly ErrorCode?: string | undefined
  readonly ErrorMessage?: string | undefined
}

function faultOf(name: string, answer: EntryAnswer | undefined): Error | undefined {
  const { ErrorCode: code, ErrorMessage: message, EventId: id } = answer ?? {}
  if (code === undefined && id !== undefined) return undefined
  const isPassing = code === undefined || /internal|throttl/iu.test(code)
  return refusalOf(name, 'an entry', { code, message }, isPassing)
}

function checkLength(what: string, text: string, limit: number): void {
  if (text.length > limit)
    throw new LimitError(what, text.length, limit, 'characters', 'Shorten it.')
}

import { filled, is, isObject, object, type Check } from '../../store/check-value.ts'
import { LimitError, StoreError } from '../../store/errors.ts'
import { awsClient, load, type AwsClient } from './client.ts'
import { failureOf } from './failure.ts'
import { sha256 } from './hash.ts'

/** Where bodies go that are too large for a queue or a bus, and where listeners find them. */
export interface LargeBodies {
  /** An `S3Client`. */
  readonly client: AwsClient
  readonly bucket: string
  /** What the keys of the objects begin with. Default is nothing. */
  readonly prefix?: string | undefined
}

/**
 * What is sent instead of a body that is too large: where in S3 it is. The key ends with the SHA-256 of the
 * body, so that sending again makes no second object. Nothing deletes it: give the bucket a lifecycle rule.
 */
export interface BodyPointer {
  readonly eventfoldBody: {
    readonly bucket: string
    readonly key: string
    /** Of the body, as UTF-8. */
    readonly bytes: number
  }
}

const MARK = 'eventfoldBody'
const S3 = '@aws-sdk/client-s3'

export const largeBodies: Check = object(
  { client: awsClient, bucket: filled },
  { prefix: is('a string', (value) => typeof value === 'string') },
)

/** A text of JSON that fits: the body itself, or, where there is a bucket for it, a pointer to it. */
export async function fitting(
  body: string,
  {
    limit,
    what,
    s3,
  }: { readonly limit: number; readonly what: string; readonly s3?: LargeBodies | undefined },
): Promise<string> {
  const bytes = Buffer.byteLength(body)
  if (bytes <= limit) return body
  if (s3) return JSON.stringify(await storeBody(body, bytes, s3))
  const advice = 'Hand in an S3 client and a bucket as option s3, or publish less.'
  throw new LimitError(what, bytes, limit, 'bytes', advice)
}

async function storeBody(
  body: string,
  bytes: number,
  { client, bucket, prefix = '' }: LargeBodies,
): Promise<BodyPointer> {
  const { PutObjectCommand } = await load(S3, () => import('@aws-sdk/client-s3'))
  const key = `${prefix}${sha256(body)}.json`
  const input = { Bucket: bucket, Key: key, Body: body, ContentType: 'application/json' }
  try {
    await client.send(new PutObjectCommand(input) as never)
  } catch (cause) {
    throw failureOf(`store ${key} in the bucket ${bucket}`, cause)
  }
  return { eventfoldBody: { bucket, key, bytes } }
}

/**
 * The text of a received body. Where it is a pointer, also as the `detail` of an EventBridge event or the
 * `Message` of an SNS notification, what it points to stands in its place; any other text stays as it is.
 *
 * Throws `STORE` where the object cannot be read, or where there is no bucket to read it from: only the one
 * that was given is read, whatever a message says.
 */
export async function resolveBody(text: string, s3?: LargeBodies): Promise<string> {
  if (!text.includes(MARK)) return text
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return text
  }
  if (isPointer(value)) return fetchBody(value, s3)
  if (!isObject(value)) return text
  const { detail, Message: message } = value
  if (isPointer(detail)) {
    return JSON.stringify({ ...value, detail: JSON.parse(await fetchBody(detail, s3)) as unknown })
  }
  if (value['Type'] === 'Notification' && typeof message === 'string') {
    return JSON.stringify({ ...value, Message: await resolveBody(message, s3) })
  }
  return text
}

function isPointer(value: unknown): value is BodyPointer {
  if (!isObject(value) || Object.keys(value).length !== 1) return false
  const place = value[MARK]
  return isObject(place) && typeof place['bucket'] === 'string' && typeof place['key'] === 'string'
}

async function fetchBody(pointer: BodyPointer, s3: LargeBodies | undefined): Promise<string> {
  const { bucket, key } = pointer.eventfoldBody
  if (s3?.bucket !== bucket) {
    const found = s3 ? `not in ${s3.bucket}` : 'and no bucket was given'
    throw new StoreError(
      'driver',
      `The body of the message is in the bucket ${bucket} of S3, ${found}. Give it as option s3.`,
    )
  }
  const { GetObjectCommand } = await load(S3, () => import('@aws-sdk/client-s3'))
  try {
    const answer = (await s3.client.send(
      new GetObjectCommand({ Bucket: bucket, Key: key }) as never,
    )) as { readonly Body?: { readonly transformToString: () => Promise<string> } }
    return (await answer.Body?.transformToString()) ?? ''
  } catch (cause) {
    throw failureOf(`read ${key} in the bucket ${bucket}`, cause)
  }
}

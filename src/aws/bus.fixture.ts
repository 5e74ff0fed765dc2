import { createHash, createHmac, randomUUID, type Hash, type Hmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  EventBridgeClient,
  PutEventsRequest$,
  type EventBridgeClientConfig,
  type PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge'
import { NormalizedSchema } from '@smithy/core/schema'
import { SignatureV4 } from '@smithy/signature-v4'

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }

/** What the service says of an entry, or of a whole request, that it does not take. */
interface Refusal {
  readonly code: string
  readonly message: string
}

export interface Bus extends AsyncDisposable {
  readonly endpoint: string
  readonly client: (settings?: EventBridgeClientConfig) => EventBridgeClient
  /** The entries that were taken. */
  readonly entries: PutEventsRequestEntry[]
  /** The details of the entries that were taken, as JSON. */
  readonly details: () => unknown[]
  /** How many entries each request had that was answered. */
  readonly requests: number[]
  /** Refuses entries: `undefined` takes one. Default takes all. */
  refuse: (entry: PutEventsRequestEntry) => Refusal | undefined
}

/**
 * EventBridge as far as its contract goes, not the service: one operation over HTTP that recomputes the
 * signature, holds the request against the SDK's own schema, applies the documented limits, and answers for
 * each entry. It routes nothing.
 */
export async function startBus(): Promise<Bus> {
  const entries: PutEventsRequestEntry[] = []
  const requests: number[] = []
  const bus: Pick<Bus, 'refuse'> = { refuse: () => undefined }

  const take = (entry: PutEventsRequestEntry): object => {
    const refusal = faultOfEntry(entry) ?? bus.refuse(entry)
    if (refusal) return { ErrorCode: refusal.code, ErrorMessage: refusal.message }
    entries.push(entry)
    return { EventId: randomUUID() }
  }

  const answer = async (request: IncomingMessage): Promise<[status: number, body: object]> => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const refusal = await faultOfRequest(request, text)
    if (refusal) return [400, { __type: refusal.code, message: refusal.message }]
    const { Entries = [] } = JSON.parse(text) as { Entries?: PutEventsRequestEntry[] }
    requests.push(Entries.length)
    const answers = Entries.map(take)
    const FailedEntryCount = answers.filter((one) => 'ErrorCode' in one).length
    return [200, { FailedEntryCount, Entries: answers }]
  }

  const server = createServer((request, response) => {
    void answer(request).then(([status, body]) => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
      response.end(JSON.stringify(body))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.assign(bus, {
    endpoint,
    client: (settings: EventBridgeClientConfig = {}) =>
      new EventBridgeClient({
        endpoint,
        region: 'eu-west-1',
        credentials: CREDENTIALS,
        maxAttempts: 1,
        ...settings,
      }),
    entries,
    details: () => entries.map(({ Detail = '' }) => JSON.parse(Detail) as unknown),
    requests,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  })
}

async function faultOfRequest(
  request: IncomingMessage,
  body: string,
): Promise<Refusal | undefined> {
  const { headers } = request
  const isPutEvents =
    headers['x-amz-target'] === 'AWSEvents.PutEvents' &&
    headers['content-type'] === 'application/x-amz-json-1.1'
  if (!isPutEvents) return { code: 'UnknownOperationException', message: 'PutEvents alone' }
  if (!(await isSigned(request, body))) {
    return { code: 'InvalidSignatureException', message: 'The signature does not match.' }
  }
  const json = JSON.parse(body) as { readonly Entries?: readonly PutEventsRequestEntry[] }
  const faults = faultsOfSchema(NormalizedSchema.of(PutEventsRequest$), json, '$')
  const { Entries: entries = [] } = json
  if (entries.length < 1 || entries.length > 10) faults.push(`${entries.length} entries`)
  if (entries.reduce((sum, entry) => sum + sizeOf(entry), 0) >= 1_000_000) {
    faults.push('Total size of the entries in the request is over the limit.')
  }
  if (faults.length === 0) return undefined
  return { code: 'ValidationException', message: faults.join('; ') }
}

function faultOfEntry({ Source, DetailType, Detail }: PutEventsRequestEntry): Refusal | undefined {
  if (!Source || !DetailType || !Detail || DetailType.length > 128) {
    return { code: 'InvalidArgument', message: 'Parameter is not valid.' }
  }
  try {
    const detail: unknown = JSON.parse(Detail)
    if (detail instanceof Object && !Array.isArray(detail)) return undefined
  } catch {
    // It is malformed.
  }
  return { code: 'MalformedDetail', message: 'Detail is malformed.' }
}

function sizeOf({ Time, Source, DetailType, Detail, Resources = [] }: PutEventsRequestEntry) {
  const texts = [Source, DetailType, Detail, ...Resources]
  return texts.reduce((sum, text = '') => sum + Buffer.byteLength(text), Time ? 14 : 0)
}

async function isSigned({ headers }: IncomingMessage, body: string): Promise<boolean> {
  const pattern =
    /Credential=[^/]+\/\d+\/([^/]+)\/events\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]+)/
  const [, region = '', names = '', signature] = pattern.exec(headers.authorization ?? '') ?? []
  const [hostname = '', port] = (headers.host ?? '').split(':')
  const [year, time] = String(headers['x-amz-date']).split('T')
  const date = new Date(
    `${year?.replace(/(\d{4})(\d\d)(\d\d)/, '$1-$2-$3')}T${time?.replace(/(\d\d)(\d\d)(\d\d)/, '$1:$2:$3')}`,
  )
  const signer = new SignatureV4({
    credentials: CREDENTIALS,
    region,
    service: 'events',
    sha256: Sha256,
    applyChecksum: false,
  })
  const signed = await signer.sign(
    {
      method: 'POST',
      protocol: 'http:',
      hostname,
      port: Number(port),
      path: '/',
      query: {},
      headers: Object.fromEntries(names.split(';').map((name) => [name, String(headers[name])])),
      body,
    },
    { signingDate: date },
  )
  return signature !== undefined && signed.headers['authorization']?.endsWith(signature) === true
}

class Sha256 {
  readonly #hash: Hash | Hmac

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    if (secret === undefined) this.#hash = createHash('sha256')
    else this.#hash = createHmac('sha256', bytesOf(secret))
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data))
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }

  reset(): void {
    throw new Error('a hash is used once')
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data)
  if (data instanceof ArrayBuffer) return new Uint8Array(data)
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

/** Members that the SDK's schema does not know, and values of another kind than it says. */
function faultsOfSchema(schema: NormalizedSchema, value: unknown, path: string): string[] {
  if (value === undefined || value === null) return []
  if (schema.isStructSchema()) {
    if (typeof value !== 'object' || Array.isArray(value)) return [`${path}: no object`]
    const members = new Map(schema.structIterator())
    return Object.entries(value).flatMap(([key, inner]) => {
      const member = members.get(key)
      if (!member) return [`${path}.${key}: unknown`]
      return faultsOfSchema(member, inner, `${path}.${key}`)
    })
  }
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) return [`${path}: no list`]
    return value.flatMap((inner, at) =>
      faultsOfSchema(schema.getValueSchema(), inner, `${path}[${at}]`),
    )
  }
  if (schema.isStringSchema() && typeof value !== 'string') return [`${path}: no string`]
  if (schema.isTimestampSchema() && typeof value !== 'number') return [`${path}: no time`]
  return []
}

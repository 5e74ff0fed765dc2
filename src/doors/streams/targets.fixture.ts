import {
  createStreamHandler,
  type StreamHandlerOptions,
  type StreamRecord,
} from 'eventfold/streams'
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest'
import { startBus, type Bus } from '../../aws/bus.fixture.ts'
import { startQueues, type Queues } from '../../aws/queues.fixture.ts'
import type { StreamLog } from '../../aws/streams/publish-records.ts'
import type { StreamHandler } from './create-stream-handler.ts'

/** Queues of a file, and a bus of each of its tests. */
export interface Targets {
  readonly queues: Queues
  readonly bus: Bus
  readonly logged: ReturnType<typeof vi.fn<StreamLog>>
  /** The URL of a new queue. */
  readonly queue: (suffix?: string, options?: { readonly maxBytes?: number }) => Promise<string>
  readonly handlerOf: (options: Partial<StreamHandlerOptions>) => StreamHandler
}

export function useTargets(): Targets {
  let queues: Queues
  let bus: Bus
  let made = 0
  const logged = vi.fn<StreamLog>()
  beforeAll(async () => {
    queues = await startQueues()
  })
  afterAll(() => queues[Symbol.asyncDispose]())
  beforeEach(async () => {
    logged.mockReset()
    bus = await startBus()
  })
  afterEach(() => bus[Symbol.asyncDispose]())
  return {
    get queues() {
      return queues
    },
    get bus() {
      return bus
    },
    logged,
    queue: (suffix = '', options = {}) => queues.queue(`q${(made += 1)}${suffix}`, options),
    handlerOf: (options) =>
      createStreamHandler({
        queueUrls: [],
        clients: { sqs: queues.sqs, eventBridge: bus.client() },
        log: logged,
        ...options,
      }),
  }
}

export const secret = 'the secret of the payload'

/** A record of a stream as a store makes it, without an engine. */
export function recordOf(number: number, more: object = {}, wallet = 'wal_1'): StreamRecord {
  const Keys = {
    pk: { S: `AGG#wallet#${wallet}` },
    sk: { S: `EVT#${String(number).padStart(9, '0')}` },
  }
  const texts = {
    id: `${wallet}-${number}`,
    type: 'WALLET_FUNDED',
    data: JSON.stringify({ number, secret }),
    at: `01JGFJJZ0${String(number).padStart(4, '0')}0000000000000`,
    timestamp: '2026-01-02T03:04:05.678Z',
    aggregateType: 'wallet',
    aggregateId: wallet,
    itemType: 'event',
  }
  const attributes = Object.entries(texts).map(([name, S]) => [name, { S }] as const)
  return {
    eventName: 'INSERT',
    dynamodb: {
      Keys,
      NewImage: {
        ...Keys,
        ...Object.fromEntries(attributes),
        version: { N: String(number) },
        ...more,
      },
      SequenceNumber: `seq-${wallet}-${number}`,
    },
  }
}

export const count = (length: number): number[] => Array.from({ length }, (_, index) => index + 1)

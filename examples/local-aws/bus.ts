import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { PutEventsRequestEntry } from '@aws-sdk/client-eventbridge'

/** As much of EventBridge as a sender sees, for as long as this run lives. It has no rules: it tells of all. */
export interface LocalBus extends AsyncDisposable {
  readonly endpoint: string
}

export async function startBus(hear: (entry: PutEventsRequestEntry) => void): Promise<LocalBus> {
  const put = async (request: IncomingMessage): Promise<string> => {
    const { Entries: entries } = JSON.parse((await Array.fromAsync(request)).join('')) as {
      readonly Entries: readonly PutEventsRequestEntry[]
    }
    entries.forEach(hear)
    const Entries = entries.map(() => ({ EventId: randomUUID() }))
    return JSON.stringify({ FailedEntryCount: 0, Entries })
  }
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/x-amz-json-1.1')
    put(request).then(
      (answer) => response.end(answer),
      () => response.writeHead(400).end('{"__type":"ValidationException"}'),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

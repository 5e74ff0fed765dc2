/** `npm run example:serverless-wallet`: see `README.md` beside this file. */
import { getEventService } from 'eventfold'
import { startBus } from '../local-aws/bus.ts'
import { startQueue } from '../local-aws/queue.ts'
import { openStream } from '../local-aws/stream.ts'
import { openTable, settings } from '../local-aws/table.ts'
import type { WalletEvent } from './events.ts'
import { euros, hear, plural, say, title, traffic } from './print.ts'

await using table = await openTable('eventfold-serverless-wallet')
await using queue = await startQueue('wallet-events.fifo')
let onBus = 0
await using bus = await startBus((entry) => {
  onBus += 1
  hear(entry)
})

// What a deployment would tell the functions.
Object.assign(process.env, {
  AWS_REGION: settings.region,
  AWS_ACCESS_KEY_ID: settings.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: settings.credentials.secretAccessKey,
  AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
  AWS_ENDPOINT_URL_SQS: queue.endpoint,
  AWS_ENDPOINT_URL_EVENTBRIDGE: bus.endpoint,
  EVENT_TABLE: table.tableName,
  QUEUE_URL: queue.url,
  EVENT_BUS_NAME: 'domain-events',
})
const { publishEvents, publishOutbox, listen } = await import('./functions.ts')
const { balance, client } = await import('./wallet.ts')
const { NotAllowed, payOut, withdraw } = await import('./commands.ts')
const { dispatch } = await import('./events.ts')
const { mails } = await import('./mails.ts')

using events = await openStream(table, publishEvents)
using messages = await openStream(table, publishOutbox)

/** The bodies of the messages that the listener was given, in their order. */
const delivered: string[] = []

const listenAndNote: typeof listen = (batch) => {
  delivered.push(...batch.Records.map(({ body }) => body))
  return listen(batch)
}

/** Lets the functions run until nothing is left to do: what a listener dispatches comes round again. */
async function settle(): Promise<void> {
  let handled: number
  do {
    await events.deliver()
    await messages.deliver()
    handled = 0
    for (let size = 1; size > 0; handled += size) size = await queue.deliver(listenAndNote)
  } while (handled > 0)
}

async function show(...walletIds: string[]): Promise<void> {
  for (const walletId of walletIds) {
    const saved = await balance.get(client, walletId)
    const { amount = 0, points = 0 } = saved?.data ?? {}
    const revision = saved ? `, saved ${plural(saved.revision, 'time')}` : ', not saved yet'
    say(
      `${walletId.padEnd(10)}${euros(amount).padStart(9)}${plural(points, 'point').padStart(11)}${revision}`,
    )
  }
}

console.log(`Wallets without a server, on ${table.name}`)

title('From a command to a projection')
await dispatch.funded('wal_anna', 50_00)
await dispatch.funded('wal_ben', 20_00)
await show('wal_anna', 'wal_ben')
await settle()
await show('wal_anna', 'wal_ben')

title('A handler that fails is tried again')
mails.downFor = 1
await withdraw('wal_anna', 5_00)
await withdraw('wal_ben', 1_00)
await withdraw('wal_anna', 6_00)
await settle()
await show('wal_anna', 'wal_ben')

title('Thirty deposits at once are handled in the order of their versions')
traffic.isShown = false
await Promise.all(Array.from({ length: 30 }, () => dispatch.funded('wal_coins', 1_00)))
await settle()
const versions = delivered
  .map((body) => JSON.parse(body) as WalletEvent)
  .filter(({ aggregateId }) => aggregateId === 'wal_coins')
  .map(({ version }) => version)
say(versions.join(' '))
await show('wal_coins')

title('What is sent twice counts once')
const before = onBus
events.forgetCheckpoint()
await events.deliver()
say(`the checkpoint of the stream is lost: ${onBus - before} events are sent again`)
say(`the queue knows them, and ${plural(await queue.waiting(), 'message')} wait`)
const [first = ''] = delivered
const { aggregateId, version: firstVersion } = JSON.parse(first) as WalletEvent
say(`after five minutes it does not: event ${firstVersion} of ${aggregateId} is handled once more`)
await listen({ Records: [{ messageId: 'again', body: first }] })
await settle()
await show('wal_anna')

title('A message to the bank goes with its event, or neither')
traffic.isShown = true
const iban = 'DE02120300000000202051'
for (const amount of [10_00, 100_00]) {
  try {
    await payOut({ walletId: 'wal_ben', amount, iban })
    say(`${euros(amount)} are paid out`)
  } catch (error) {
    if (!(error instanceof NotAllowed)) throw error
    say(`${euros(amount)} are not: ${error.message}`)
  }
}
await settle()
await show('wal_ben')

title('In the end')
for (const walletId of ['wal_anna', 'wal_ben', 'wal_coins']) {
  const { data } = await getEventService().listEvents({
    aggregateType: 'wallet',
    aggregateId: walletId,
  })
  const amounts = (data as WalletEvent[]).map((event) => {
    if (event.eventType === 'Wallet.Rewarded') return 0
    const { amount } = event.payload
    return event.eventType === 'Wallet.Funded' ? amount : -amount
  })
  const sum = amounts.reduce((total, amount) => total + amount, 0)
  const saved = (await balance.get(client, walletId))?.data.amount
  const is = saved === sum ? 'is' : 'is NOT'
  say(
    `${walletId.padEnd(10)}${plural(data.length, 'event')} make ${euros(sum)}, which ${is} what its view shows`,
  )
}
say(`${plural(await queue.waiting(), 'message')} wait in the queue`)

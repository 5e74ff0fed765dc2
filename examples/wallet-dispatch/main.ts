/** `npm run example:wallet-dispatch`: see `README.md` beside this file. */
import {
  createEventService,
  dispatchEvent,
  dispatchEvents,
  getEventService,
  initEvents,
  withEventContext,
} from 'eventfold'
import { withFaults } from 'eventfold/testing'
import { openStore } from '../open-store.ts'
import { euros } from './euros.ts'
import { dispatch } from './events.ts'
import { brief, line, plural, say, tell, title } from './print.ts'
import { handle } from './rewards.ts'
import { historyOf, readWallet, withdraw, withdrawNow } from './wallet.ts'

await using opened = await openStore('wallet_dispatch')
initEvents({ store: opened.store })

const show = async (walletId: string): Promise<void> => {
  const { balance, points, version } = await readWallet(walletId)
  say(
    `${walletId.padEnd(10)}${euros(balance).padStart(10)}  ${plural(points, 'point').padStart(10)}  version ${version}`,
  )
}

console.log(`Wallets, dispatched to ${opened.name}`)

title('Two requests at once, each with its own context')
const request = (number: number, actorId: string, work: () => Promise<unknown>) =>
  withEventContext({ correlationId: `request-${number}`, actorId, tenantId: 'acme' }, work)
await Promise.all([
  request(1, 'anna', async () => {
    await dispatch.funded('wal_anna', 50_00)
    await dispatch.funded('wal_anna', 25_50)
  }),
  request(2, 'ben', () => dispatch.funded('wal_ben', 10_00)),
])
for (const walletId of ['wal_anna', 'wal_ben']) {
  for await (const page of historyOf(walletId)) {
    for (const event of page) say(`${line(event).padEnd(34)}${event.correlationId}`)
  }
}

title('A decision holds for the version that it saw')
const seen = await readWallet('wal_anna')
await tell('one tab takes 60.00 €', withdraw('wal_anna', seen, 60_00))
await tell('another one as well', withdraw('wal_anna', seen, 60_00))
await tell('which looks again', withdrawNow('wal_anna', 60_00))
await tell('and takes 15.50 €', withdrawNow('wal_anna', 15_50))
await show('wal_anna')

title('Thirty deposits at once to one wallet')
const coins = Array.from({ length: 30 }, () => dispatch.funded('wal_coins', 1_00))
const versions = (await Promise.all(coins)).map(({ version }) => version)
say(`all stored, as versions ${Math.min(...versions)} to ${Math.max(...versions)}`)
await show('wal_coins')

title('What is sent twice is stored once')
const payment = {
  aggregateType: 'wallet',
  aggregateId: 'wal_ben',
  source: 'payroll',
  eventType: 'Wallet.Funded',
}
const salary = async (amount: number): Promise<number> => {
  const event = { ...payment, idempotencyKey: 'salary for march', payload: { amount } }
  return (await dispatchEvent(event)).version
}
await tell('the salary', salary(900_00))
await tell('the same once more', salary(900_00))
await tell('another amount', salary(1900_00))
const badConnection = withFaults(opened.store, ({ method, call }) =>
  method === 'commit' && call === 1 ? 'lost' : undefined,
)
const tip = async (): Promise<number> => {
  const service = createEventService({ store: badConnection })
  return (await dispatchEvent({ ...payment, payload: { amount: 5_00 } }, { service })).version
}
await tell('a tip, its answer lost', tip())
await show('wal_ben')

title('Both wallets, or neither')
const move = async (amount: number, expectedVersion: number): Promise<number> => {
  const shared = { ...payment, source: 'billing', payload: { amount } }
  const [taken] = await dispatchEvents(
    [
      { ...shared, eventType: 'Wallet.Withdrawn', expectedVersion },
      { ...shared, aggregateId: 'wal_anna' },
    ],
    { atomic: true },
  )
  return taken?.version ?? 0
}
const { version } = await readWallet('wal_ben')
await tell('100.00 € from ben', move(100_00, version))
await tell('once more, unseen', move(100_00, version))
await show('wal_ben')
await show('wal_anna')

title('What a handler dispatches says what caused it')
const wallet = { aggregateType: 'wallet', aggregateId: 'wal_anna' }
const { data } = await getEventService().listEvents(wallet)
for (const event of [...data, ...data]) await handle(event)
for await (const page of historyOf('wal_anna')) {
  for (const event of page) {
    const { eventId, eventType, correlationId = '', causationId } = event
    const cause = eventType === 'Wallet.Rewarded' ? `because of ${brief(causationId)}` : ''
    const what = `${brief(eventId)}${line(event).padEnd(34)}`
    say(`${what}${correlationId.padEnd(11)}${cause}`.trimEnd())
  }
}
say('each was delivered twice')

title('A history in pages')
for await (const page of historyOf('wal_coins', 8)) {
  const [first, last] = [page.at(0), page.at(-1)]
  say(`${plural(page.length, 'event').padStart(10)}  ${first?.sk} to ${last?.sk}`)
}
const head = await getEventService().getHead('wallet', 'wal_coins')
say(`${head?.pk} is at version ${head?.currentVersion}`)

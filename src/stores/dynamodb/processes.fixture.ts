import { isEventfoldError } from '../../store/errors.ts'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { openWriter } from './writer.fixture.ts'

/*
 * One of several processes on one table, whose clock is wrong by so many hours. It moves money between
 * accounts, each time by a decision on two of them, counts up an aggregate, and files notes of its own.
 * What was acknowledged goes to the output, one line each.
 */
const [endpoint = '', tableName = '', name = '', rounds = '0', hours = '0'] = process.argv.slice(2)
const client = new DynamoDBClient({
  endpoint,
  region: 'eu-central-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
})
const store = openWriter(tableName, {
  client,
  now: () => Date.now() + Number(hours) * 3_600_000,
})
const ACCOUNTS = 4

for (let round = 0; round < Number(rounds); round += 1) {
  const from = Math.floor(Math.random() * ACCOUNTS)
  const to = (from + 1 + Math.floor(Math.random() * (ACCOUNTS - 1))) % ACCOUNTS
  const amount = await move(`${from}`, `${to}`)
  if (amount > 0) console.log(`moved ${name} ${round}`)
  const note = (part: number) => ({ type: 'NOTED', data: { writerId: name, round, part } })
  const wallet = { type: 'wallet', id: 'shared' }
  await Promise.all([
    store.commit({ events: [note(0), note(1)], outbox: [{ type: 'noted', data: round }] }),
    store.commit({ events: [{ ...note(2), aggregate: wallet }] }),
    store.commit({ events: [{ ...note(3), id: `${name}_${round}` }] }),
  ])
  console.log(`noted ${name} ${round}`)
}
await store.close()
client.destroy()

/** A decision on both accounts: it takes what is there. */
async function move(fromId: string, toId: string): Promise<number> {
  const streams = [{ filter: { fromId } }, { filter: { toId: fromId } }, { filter: { toId } }]
  for (;;) {
    const { events, cursor } = await store.load(streams)
    let balance = 100
    for (const { data } of events) {
      const moved = data as { fromId: string; toId: string; amount: number }
      if (moved.toId === fromId) balance += moved.amount
      if (moved.fromId === fromId) balance -= moved.amount
    }
    const amount = Math.floor(Math.random() * (balance + 1))
    if (amount === 0) return 0
    const event = { type: 'MOVED', data: { fromId, toId, amount, balance } }
    try {
      await store.commit({ events: [event], conditions: [{ streams, after: cursor }] })
      return amount
    } catch (error) {
      if (!isEventfoldError(error, 'CONFLICT')) throw error
    }
  }
}

/** `npm run example:account-rules`: see `README.md` beside this file. */
import { createEvent, createEventClient } from 'eventfold'
import { openStore } from '../open-store.ts'
import { openAccounts } from './accounts.ts'
import { bank } from './bank.ts'
import { card, type CardCommand } from './cards.ts'
import { events } from './events.ts'
import { openPost } from './post.ts'
import { brief, euros, say, tell, title } from './print.ts'
import { transfer } from './transfer.ts'

await using opened = await openStore('account_rules')
const { store } = opened
const client = createEventClient({ store, events })
const accounts = openAccounts(store)
const mail = { isDown: false }
await using post = openPost(store, mail)

const moved = (amount: number, text: string, id?: string) =>
  createEvent('BALANCE_CHANGED', { amount, text }, { id })

async function show(id: string): Promise<void> {
  const snapshot = await accounts.get(id)
  if (!snapshot) return say(`${id} is not there`)
  const { state, sequence } = snapshot
  const balance = euros(state.balance).padStart(10)
  say(`${id.padEnd(14)}${state.email.padEnd(18)}${balance}   version ${sequence}`)
}

const waiting = async (): Promise<number> => (await store.outbox.read()).length

console.log(`Accounts with rules, on ${opened.name}`)

title('Rules make an account of what happened to it')
await accounts.append(
  'anna',
  createEvent('ACCOUNT_OPENED', { email: 'anna@example.com' }),
  moved(500_00, 'salary'),
)
await accounts.append('anna', moved(-120_00, 'rent'))
await show('anna')
say(`${await waiting()} letters wait in the outbox: they were written with the events`)
await post.drain()
say(`${await waiting()} letters wait`)

title('A rule that throws refuses all that came with it')
await tell('rent, then a car', accounts.append('anna', moved(-1_00, 'rent'), moved(-999_00, 'car')))
await tell('to an account of nobody', accounts.append('nobody', moved(1_00, 'gift')))
await show('anna')
await show('nobody')
say(`${await waiting()} letters wait`)

title('A payment that is sent twice is stored once')
for (const attempt of ['first', 'second']) {
  const { replayed, sequence } = await accounts.append('anna', moved(20_00, 'gift', 'payment_8731'))
  say(`${attempt} time: ${replayed ? 'known already' : 'stored'}, version ${sequence}`)
}
await show('anna')

title('Sixteen deposits at once: the rules run again where somebody was faster')
const others = openAccounts({ ...store })
const deposits = Array.from({ length: 16 }, (_, index) =>
  (index % 2 ? accounts : others).append('anna', moved(1_00, `coin ${index + 1}`)),
)
const versions = (await Promise.all(deposits)).map(({ sequence }) => sequence)
say(`all stored, as versions ${Math.min(...versions)} to ${Math.max(...versions)}`)
await show('anna')

title('An index follows the state')
const find = async (email: string): Promise<void> => {
  const found = await accounts.query('byEmail', email)
  say(`${email.padEnd(22)}${found.map(({ ref }) => ref.id).join(', ') || 'nobody'}`)
}
const shared = createEvent('ACCOUNT_OPENED', { email: 'anna@example.com' })
await accounts.append('anna-savings', shared)
await find('anna@example.com')
await accounts.append('anna', createEvent('EMAIL_CHANGED', { email: 'anna@work.example' }))
await find('anna@example.com')
await find('anna@work.example')

title('Commands in place of rules, on the same log: a card')
const card1 = (command: CardCommand) => card.execute(client, 'card-1', command)
await tell('issue a card for 50.00 €', card1({ action: 'issue', accountId: 'anna', limit: 50_00 }))
await tell('pay 30.00 €', card1({ action: 'pay', shop: 'books', amount: 30_00 }))
await tell('pay 30.00 €', card1({ action: 'pay', shop: 'shoes', amount: 30_00 }))
await tell('block it', card1({ action: 'block', reason: 'lost' }))
await tell('pay 1.00 €', card1({ action: 'pay', shop: 'books', amount: 1_00 }))

title('One decision over two accounts: both change, or neither')
const half = { from: 'anna', to: 'anna-savings', amount: 300_00 }
await Promise.all([
  tell('300.00 € to savings', transfer.execute(client, half)),
  tell('300.00 € to savings, at once', transfer.execute(client, half)),
])
await show('anna')
await show('anna-savings')

title('One log is under all of it')
const all = await Array.fromAsync(client.readEvents({ streams: 'all' }))
for (const { position, type, aggregate, data } of all.slice(-7)) {
  const version = `${aggregate?.type} ${aggregate?.id} ${aggregate?.version}`
  say(`${String(position).padStart(3)}  ${type.padEnd(17)}${version.padEnd(24)}${brief(data)}`)
}
const { state: inTheBank } = await bank.load(client, 'all')
say(`${euros(inTheBank)} are in the bank: a projection of all accounts`)
const { state, sequence } = await accounts.recalculate('anna')
say(`${euros(state.balance)} are anna's, by all her ${sequence} events from the first one on`)

title('A mail server that is down delays letters, and loses none')
mail.isDown = true
await post.drain()
mail.isDown = false
await post.drain()
say(`${await waiting()} letters wait`)

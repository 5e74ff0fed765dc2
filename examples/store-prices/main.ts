/** `npm run example:store-prices`: see `README.md` beside this file. */
import { openTable } from '../local-aws/table.ts'
import { meter } from './cost.ts'
import { openPrices } from './events.ts'
import { offer, offerUnguarded, whoHasOffer } from './offers.ts'
import { change, historyOf, latestOf, type Tag } from './prices.ts'
import { bar, costLine, euros, millisecondOf, say, table, title } from './print.ts'

await using opened = await openTable('eventfold-store-prices')
const { client, tableName } = opened
const prices = openPrices(client, tableName)

const stores = ['harbour', 'market', 'station']
const products = ['green tea', 'rye bread', 'olive oil']

/** A price after the other, as a store sets them over the weeks. */
async function set(tag: Tag, newPrices: readonly number[], alert?: string): Promise<void> {
  for (const price of newPrices) {
    const before = (await latestOf(prices, tag))?.data.price ?? 0
    await prices.saveEvent(change(tag, price, before, alert))
  }
}

console.log(`Prices in stores, on ${opened.name}`)

title('The price now is the newest one')
const alert = 'alert_oil'
await set({ store: 'harbour', product: 'green tea' }, [399, 349, 379, 299, 449])
await set({ store: 'harbour', product: 'rye bread' }, [320, 340])
await set({ store: 'harbour', product: 'olive oil' }, [999, 1149], alert)
await set({ store: 'market', product: 'green tea' }, [429, 389])
await set({ store: 'market', product: 'rye bread' }, [290, 310, 295])
await set({ store: 'market', product: 'olive oil' }, [949, 899, 1249], alert)
await set({ store: 'station', product: 'green tea' }, [499])
const rows = products.map(async (product) => {
  const latest = stores.map((store) => latestOf(prices, { store, product }))
  return [product, ...(await Promise.all(latest)).map((event) => euros(event?.data.price))]
})
table([['', ...stores], ...(await Promise.all(rows))])

title('How it came to that')
const tea = { store: 'harbour', product: 'green tea' }
say('green tea in the harbour store')
for (const event of await historyOf(prices, tea)) say(bar(event))
const lowered = await prices.getLatestEvent({
  eventType: 'PRICE_LOWERED',
  partitionId: 'harbour',
  modelKey: 'product_id',
  modelId: 'green tea',
})
say(`the latest offer was ${euros(lowered?.data.price)}`)
const offers = await prices.getLatestEvents({ eventType: 'PRICE_LOWERED', partitionId: 'market' })
say(`the market store has had ${offers.length} offers`)

title('An alert follows a product through all stores')
const alerted = (after?: string) =>
  prices.getEventStream({
    eventTypes: ['PRICE_RAISED'],
    modelKey: 'alert_id',
    modelId: alert,
    after,
  })
const seen = await alerted()
const tell = (when: string, events: typeof seen): void => {
  const raised = events.map(({ data }) => `${data.store_id} ${euros(data.price)}`)
  say(`${when.padEnd(12)}${raised.join(', ') || 'nothing'}`)
}
tell('so far', seen)
tell('since then', await alerted(seen.at(-1)?.id))
await set({ store: 'station', product: 'olive oil' }, [1299], alert)
tell('since then', await alerted(seen.at(-1)?.id))

title('Many in one millisecond, and still in order')
const bread = { store: 'station', product: 'rye bread' }
await prices.saveEvents([350, 340, 330, 320, 310].map((price) => change(bread, price, 360)))
const more = [305, 300, 295, 290, 285, 280, 275].map((price) => change(bread, price, 310))
const saved = await Promise.all(more.map((event) => prices.saveEvent(event)))
const history = await historyOf(prices, bread)
const byMillisecond = Map.groupBy(history, ({ id }) => millisecondOf(id))
for (const [millisecond, events] of byMillisecond) {
  say(`${millisecond}  ${events.map(({ data }) => euros(data.price)).join('  ')}`)
}
const isInOrder = history.every(({ id }, at) => at === 0 || history[at - 1]!.id < id)
const areAllThere = saved.every(({ id }) => history.some((event) => event.id === id))
say(
  `${history.length} events, ${isInOrder && areAllThere ? 'each id above the one before' : 'out of order!'}`,
)

title('One store at a time may have olive oil on offer')
const oil = 'olive oil'
const rivals = ['harbour', 'market']
for (const [how, attempt] of [
  ['with a condition', offer],
  ['without one', offerUnguarded],
] as const) {
  for (const store of await whoHasOffer(prices, oil)) await set({ store, product: oil }, [1299])
  say(`${how}, both at once`)
  const attempts = rivals.map((store) => attempt(prices, { store, product: oil }, 799))
  for (const [at, { takenBy, conflicts }] of (await Promise.all(attempts)).entries()) {
    const answer =
      takenBy === undefined ? `offers it for ${euros(799)}` : `sees that ${takenBy} has it`
    say(`  ${rivals[at]!.padEnd(10)}${answer}${conflicts > 0 ? ', when it looks again' : ''}`)
  }
  const offering = await whoHasOffer(prices, oil)
  say(`  on offer in ${offering.join(' and ')}${offering.length > 1 ? ': the rule is broken' : ''}`)
}

title('What it costs, as DynamoDB counts it')
const costOf = meter(client)
const cheaper = change(tea, 439, 449)
const withAlert = change(tea, 459, 439, 'alert_tea')
const once = { idempotencyKey: 'monday' }
costLine('save an event', await costOf(() => prices.saveEvent(cheaper)))
costLine('one with an alert', await costOf(() => prices.saveEvent(withAlert)))
costLine('one that is safe to repeat', await costOf(() => prices.saveEvent(cheaper, once)))
costLine('its repetition', await costOf(() => prices.saveEvent(cheaper, once)))
costLine('ten in one commit', await costOf(() => prices.saveEvents(Array(10).fill(cheaper))))
costLine('the newest price', await costOf(() => latestOf(prices, tea)))
costLine('a history', await costOf(() => historyOf(prices, tea)))
const crackers = { store: 'harbour', product: 'rye crackers' }
costLine('look, decide, save', await costOf(() => offer(prices, crackers, 199)))

await prices.close()

import { openSqlite } from './index.ts'

// Opens a log, writes an event, and says how that went.
try {
  await using store = openSqlite(process.argv[2] ?? '')
  await store.commit({ events: [{ type: 'CART_CREATED', data: { cartId: 'cart_1' } }] })
  console.log('written')
} catch (error) {
  const { code, fault, message } = error as { code?: string; fault?: string; message?: string }
  console.log(`${code} ${fault} ${message}`)
}

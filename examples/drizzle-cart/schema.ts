import { integer, pgSchema, text, timestamp } from 'drizzle-orm/pg-core'
import { createEventsTable, createProjectionsTable } from 'eventfold/drizzle'

// The log and the saved views are tables like any other; drizzle-kit sees them too.

export const events = createEventsTable({
  schema: 'cart_shop',
  name: 'events',
  dataIndexes: ['productId'],
})

export const projections = createProjectionsTable({
  schema: 'cart_shop',
  name: 'views',
  dataIndexes: ['status'],
})

/** A table of the shop's own: what the accountants ask for. */
export const orders = pgSchema('cart_shop').table('orders', {
  cartId: text('cart_id').primaryKey(),
  total: integer('total').notNull(),
  orderedAt: timestamp('ordered_at', { withTimezone: true }).notNull().defaultNow(),
})

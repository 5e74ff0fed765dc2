import { pgTable, text } from 'drizzle-orm/pg-core'
import { createEventsTable, createProjectionsTable } from 'eventfold/drizzle'

// A `schema.ts` with everything in `public`, beside a table of the application's own.

export const users = pgTable('users', { id: text('id').primaryKey() })
export const events = createEventsTable({ dataIndexes: ['sku'] })
export const projections = createProjectionsTable()

import { createEventsTable, createProjectionBaseClasssTable } from 'eventfold/drizzle'

// A `schema.ts`, as drizzle-kit reads it.

export const events = createEventsTable({
  schema: 'my_app',
  name: 'events',
  dataIndexes: ['cartId', 'productId'],
  additionalIndexes: [{ name: 'events_by_time', columns: ['createdAt', 'type'] }],
})
export const projections = createProjectionBaseClasssTable({
  schema: 'my_app',
  name: 'views',
  dataIndexes: ['cartId'],
})

import { createEventClient, type EventClient } from 'eventfold/drizzle'
import type { Db } from './database.ts'
import type { CartEvent } from './events.ts'
import { events, projections } from './schema.ts'

export type CartClient = EventClient<CartEvent['type'], CartEvent>

export const createCartClient = (db: Db): CartClient =>
  createEventClient<CartEvent['type'], CartEvent>(db, events, projections)

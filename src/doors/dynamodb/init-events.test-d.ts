import { defineEvents, initEvents as initOnStore } from 'eventfold'
import { DynamoEventStore, initEvents, type EventTableConfig } from 'eventfold/dynamodb'
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { expectTypeOf, test } from 'vitest'

// What SST links.
declare const Resource: { EventStoreTable: { name: string } }
declare const plain: DynamoDBClient
declare const documents: DynamoDBDocumentClient

test('the name of a table is enough, and a client of either kind may come with it', () => {
  expectTypeOf(
    initEvents({ tableName: Resource.EventStoreTable.name }),
  ).toEqualTypeOf<DynamoEventStore>()
  for (const client of [plain, documents]) {
    initEvents({ tableName: 'events', client, keyNames: { pk: 'id', sk: 'range' } })
  }
  initEvents({ tableName: 'events', events: defineEvents({}) })
  expectTypeOf<EventTableConfig>().toHaveProperty('identifiers')
})

test('the store that it gives is one like any other', () => {
  initOnStore({ store: initEvents({ tableName: 'events' }) })
})

test('what is missing, misspelt or of another door does not compile', () => {
  // @ts-expect-error -- of a table without a name
  initEvents({ client: plain })
  // @ts-expect-error -- there is no such option
  initEvents({ tableName: 'events', tabelName: 'events' })
  // @ts-expect-error -- a store belongs to the front door
  initEvents({ store: new DynamoEventStore({ client: plain, tableName: 'events' }) })
  // @ts-expect-error -- what sends nothing is no client
  initEvents({ tableName: 'events', client: {} })
})

/** `npm run example:knex-todo`: see `README.md` beside this file. */
import { createEventClient } from 'eventfold/knex'
import { openDatabase } from './database.ts'
import { eventInputUnion, eventUnion } from './events.ts'
import {
  addItem,
  completeItem,
  createList,
  getList,
  markItemIncomplete,
  removeItem,
  saveList,
} from './handlers.ts'
import type { ListJson } from './projections.ts'

async function run(): Promise<void> {
  await using database = await openDatabase()
  print(`\n${database.name}`)
  const { migrations } = database
  print(`migrations  ${migrations.length === 0 ? 'are all there' : migrations.join(', ')}`)
  const client = createEventClient(eventUnion, eventInputUnion, database.knex)

  const listId = `list_${Date.now().toString(36)}`
  const named = (itemId: string) => ({ listId, itemId: `${listId}_${itemId}` })
  const add = (title: string) => addItem(client, { ...named(title), title })

  print('\nA list takes three items to do')
  await tell('create Groceries', createList(client, listId, 'Groceries'))
  await tell('add milk', add('milk'))
  await tell('add bread', add('bread'))
  await tell('add eggs', add('eggs'))
  await tell('add coffee', add('coffee'))

  print('\nDone is done, until it is undone')
  await tell('complete milk', completeItem(client, named('milk')))
  await tell('complete milk', completeItem(client, named('milk')))
  await tell('complete cheese', completeItem(client, named('cheese')))
  await tell('add coffee', add('coffee'))
  await tell('remove eggs', removeItem(client, named('eggs')))
  await tell('reopen milk', markItemIncomplete(client, named('milk')))
  await tell('complete milk', completeItem(client, named('milk')))
  printList(await getList(client, listId))

  print('\nTwelve people add something to the last free place, all at once')
  const guests = Array.from({ length: 12 }, (_, guest) => add(`tea for guest ${guest + 1}`))
  const answers = await Promise.allSettled(guests)
  const stored = answers.filter(({ status }) => status === 'fulfilled').length
  print(`  ${stored} stored, ${answers.length - stored} refused`)

  print('\nThe view is saved, then reads only what is new')
  await saveList(client, listId)
  const saved = await client.getProjection<ListJson>({ type: 'list', id: listId })
  await tell('complete bread', completeItem(client, named('bread')))
  const newer = await client.getEventStream({
    filter: { listId },
    afterId: saved?.lastEventId ?? 0n,
  })
  print(`  saved up to event ${saved?.lastEventId}; ${newer.length} event since then`)
  printList(await getList(client, listId))

  print('\nYour rows and the events are committed together, or not at all')
  await tell(
    'remove coffee',
    database.knex.transaction(async (trx) => {
      await removeItem(client.within(trx), named('coffee'))
      throw new Error('the rest of the transaction failed')
    }),
  )
  printList(await getList(client, listId))
  print('')
  await client.close()
}

/** Says what became of a command. */
async function tell(command: string, done: Promise<unknown>): Promise<void> {
  const answer = await done.then(
    () => 'ok',
    (error: Error) => `refused: ${error.message}`,
  )
  print(`  ${command.padEnd(26)}${answer}`)
}

function printList({ incompleteItems, completedItems, removedItems }: ListJson): void {
  const line = (name: string, items: ListJson['incompleteItems']): void =>
    print(`  ${name.padEnd(10)}${items.map(({ text }) => text).join(', ') || '–'}`)
  line('to do', incompleteItems)
  line('done', completedItems)
  line('removed', removedItems)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

await run()

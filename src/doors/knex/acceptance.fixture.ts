import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import type { Knex } from 'knex'
import { z as zod4 } from 'zod'
import { z as zod3 } from 'zod-3'
import {
  createEventInputSchema,
  createEventSchema,
  MultiStreamProjection,
  MultiStreamValidator,
  SingleStreamProjection,
  SingleStreamValidator,
  type EventClient,
} from './index.ts'

/** What the door is tried with: the oldest and the newest of what it allows. */
export const versions: readonly { readonly knex: string; readonly z: typeof zod4 }[] = [
  { knex: 'knex', z: zod4 },
  // The same calls, of another zod.
  { knex: 'knex-3-1', z: zod3 as unknown as typeof zod4 },
]

/** A Knex of either version on a database. */
export async function openKnex(name: string, connection: string, max = 8): Promise<Knex> {
  const { default: knex } = (await import(name)) as { default: (config: object) => Knex }
  return knex({ client: 'pg', connection, pool: { min: 0, max } })
}

/** `knex migrate:latest` and the like, in a process of its own, as an application runs them. */
export async function migrateAs(
  name: string,
  call: 'latest' | 'rollback',
  url: string,
): Promise<void> {
  const config = resolve('examples/knex-todo/knexfile.mjs')
  const program = `
    import knex from '${name}'
    import config from '${config}'
    const db = knex(config)
    await db.migrate.${call}(undefined, true)
    await db.destroy()`
  await run(['--conditions=eventfold-source', '--input-type=module', '-e', program], url)
}

/** Runs Node with a database. Throws what it says where it fails. */
export async function run(args: readonly string[], url: string): Promise<string> {
  const child = spawn(process.execPath, args, { env: { ...process.env, DATABASE_URL: url } })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  }
  const code = await new Promise<number | null>((done) => child.on('close', done))
  if (code !== 0) throw new Error(`node ended with ${code}: ${said}`)
  return said
}

/** Everything that a database holds beside what PostgreSQL itself put there. */
export async function contentsOf(db: Knex): Promise<string[]> {
  const { rows } = await db.raw(`
    select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname !~ '^(pg_|information_schema)' and c.relname !~ '^knex_migrations'
    union select n.nspname || '.' || p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname !~ '^(pg_|information_schema)'
    union select nspname from pg_namespace where nspname !~ '^(pg_|information_schema)' order by 1`)
  return (rows as { name: string }[]).map(({ name }) => name)
}

/** The domain of the document, made with either zod. */
export function todoWith(z: typeof zod4) {
  const list = z.object({ listId: z.string(), name: z.string() })
  const item = z.object({ listId: z.string(), itemId: z.string() })
  const titled = z.object({ listId: z.string(), itemId: z.string(), title: z.string() })
  const sample = z.object({
    sampleId: z.string(),
    text: z.string().optional(),
    count: z.number().optional(),
    done: z.boolean().optional(),
  })
  const schemas = [
    createEventSchema('LIST_CREATED', list),
    createEventSchema('LIST_DELETED', list.pick({ listId: true })),
    createEventSchema('ITEM_ADDED', titled),
    createEventSchema('ITEM_COMPLETED', item),
    createEventSchema('ITEM_MARKED_INCOMPLETE', item),
    createEventSchema('ITEM_REMOVED', item),
    createEventSchema('SAMPLE', sample),
  ] as const
  const inputs = [
    createEventInputSchema('LIST_CREATED', list),
    createEventInputSchema('LIST_DELETED', list.pick({ listId: true })),
    createEventInputSchema('ITEM_ADDED', titled),
    createEventInputSchema('ITEM_COMPLETED', item),
    createEventInputSchema('ITEM_MARKED_INCOMPLETE', item),
    createEventInputSchema('ITEM_REMOVED', item),
    createEventInputSchema('SAMPLE', sample),
  ] as const
  const view = z.object({
    name: z.string(),
    todo: z.array(z.string()),
    done: z.array(z.string()),
    removed: z.array(z.string()),
  })
  return {
    eventUnion: z.discriminatedUnion('type', schemas),
    eventInputUnion: z.discriminatedUnion('type', inputs),
    listSchema: view as zod4.ZodType<ListJson>,
  }
}

type Todo = ReturnType<typeof todoWith>
type Events = Todo['eventUnion']
type Inputs = Todo['eventInputUnion']
export type UserEvent = zod4.infer<Events>
type UserEventInput = zod4.infer<Inputs>
export type TodoClient = EventClient<Events, Inputs>

const toIncompleteIds = (ids: string[], event: UserEvent): string[] => {
  switch (event.type) {
    case 'ITEM_ADDED':
    case 'ITEM_MARKED_INCOMPLETE':
      return [...ids.filter((id) => id !== event.data.itemId), event.data.itemId]
    case 'ITEM_COMPLETED':
    case 'ITEM_REMOVED':
      return ids.filter((id) => id !== event.data.itemId)
    default:
      return ids
  }
}

const itemTypes = [
  'ITEM_ADDED',
  'ITEM_REMOVED',
  'ITEM_COMPLETED',
  'ITEM_MARKED_INCOMPLETE',
] as const

/** At most three items are to do. */
export class AddItem extends SingleStreamValidator<Events, Inputs> {
  /** What happens while it is judged. */
  meanwhile: () => unknown = () => {}

  constructor(client: TodoClient, listId: string) {
    super(client, itemTypes, { listId: { eq: listId } })
  }
  stored(): Promise<string[]> {
    return this.reduceOnlyDbEvents(toIncompleteIds, [])
  }
  all(): Promise<string[]> {
    return this.reduceEvents(toIncompleteIds, [])
  }
  events(): Promise<UserEvent[]> {
    return this.getEvents()
  }
  async isValid(): Promise<boolean> {
    const ids = await this.reduceEvents(toIncompleteIds, [])
    await this.meanwhile()
    if (ids.length > 3) throw new Error('Incomplete item count is greater than three')
    return true
  }
}

type ItemState = 'absent' | 'incomplete' | 'complete'

/** An item that is in the state that the next step begins with. */
export class StepOfItem extends MultiStreamValidator<Events, Inputs> {
  readonly #from: ItemState
  constructor(client: TodoClient, itemId: string, from: ItemState) {
    const filter = { itemId: { eq: itemId } }
    super(client, [
      { types: ['ITEM_ADDED', 'ITEM_REMOVED'], filter },
      { types: ['ITEM_COMPLETED', 'ITEM_MARKED_INCOMPLETE'], filter },
    ])
    this.#from = from
  }
  async isValid(): Promise<boolean> {
    const state = await this.reduceOnlyDbEvents<ItemState>((before, event) => {
      switch (event.type) {
        case 'ITEM_ADDED':
        case 'ITEM_MARKED_INCOMPLETE':
          return 'incomplete'
        case 'ITEM_COMPLETED':
          return 'complete'
        case 'ITEM_REMOVED':
          return 'absent'
        default:
          return before
      }
    }, 'absent')
    if (state === 'absent') throw new Error('Item is not present in list')
    if (state !== this.#from) throw new Error(`Item is not ${this.#from}`)
    return true
  }
}

/** Says what it was told to, without a look at anything. */
export class Blind extends SingleStreamValidator<Events, Inputs> {
  answer = true
  constructor(client: TodoClient, listId: string) {
    super(client, ['LIST_CREATED'], { listId: { eq: listId } })
  }
  isValid(): Promise<boolean> {
    return Promise.resolve(this.answer)
  }
}

export interface ListJson {
  name: string
  todo: string[]
  done: string[]
  removed: string[]
}

const empty: ListJson = { name: '', todo: [], done: [], removed: [] }

const toNextState = (state: ListJson, event: UserEvent): ListJson => {
  const { todo, done, removed } = state
  switch (event.type) {
    case 'LIST_CREATED':
      return { ...state, name: event.data.name }
    case 'ITEM_ADDED':
      return { ...state, todo: [...todo, event.data.itemId] }
    case 'ITEM_COMPLETED':
      return {
        ...state,
        todo: todo.filter((id) => id !== event.data.itemId),
        done: [...done, event.data.itemId],
      }
    case 'ITEM_MARKED_INCOMPLETE':
      return {
        ...state,
        todo: [...todo, event.data.itemId],
        done: done.filter((id) => id !== event.data.itemId),
      }
    case 'ITEM_REMOVED':
      return {
        ...state,
        todo: todo.filter((id) => id !== event.data.itemId),
        done: done.filter((id) => id !== event.data.itemId),
        removed: [...removed, event.data.itemId],
      }
    default:
      return state
  }
}

/** A list, named by schemas of types alone. */
export class ListProjection extends SingleStreamProjection<
  zod4.ZodType<UserEvent>,
  zod4.ZodType<UserEventInput>,
  zod4.ZodType<ListJson>
> {
  readonly listId: string
  readonly jsonSchema: zod4.ZodType<ListJson>

  constructor(
    client: EventClient<zod4.ZodType<UserEvent>, zod4.ZodType<UserEventInput>>,
    todo: Todo,
    listId: string,
    options: { loadExisting?: boolean } = {},
  ) {
    super(client, options)
    this.listId = listId
    this.jsonSchema = todo.listSchema
  }
  get id(): string {
    return this.listId
  }
  get type(): string {
    return 'list'
  }
  get types(): Array<UserEvent['type']> {
    return ['LIST_CREATED', ...itemTypes]
  }
  get filter() {
    return { listId: { eq: this.id } }
  }
  async asJson(): Promise<ListJson> {
    const existing = await this.getExistingState()
    return (await this.getEvents()).reduce(toNextState, existing ?? empty)
  }
  existing(): Promise<ListJson | null> {
    return this.getExistingState()
  }
  counts(): Promise<[number, number]> {
    return Promise.all([
      this.reduceEvents((count) => count + 1, 0),
      this.reduceOnlyDbEvents((count) => count + 1, 0),
    ])
  }
}

/** Two lists in one view. */
export class PairProjection extends MultiStreamProjection<Events, Inputs, zod4.ZodType<ListJson>> {
  readonly id = 'pair'
  readonly type = 'pair'
  readonly jsonSchema: zod4.ZodType<ListJson>
  readonly #lists: readonly string[]
  constructor(client: TodoClient, todo: Todo, lists: readonly string[], loadExisting = false) {
    super(client, { loadExisting })
    this.jsonSchema = todo.listSchema
    this.#lists = lists
  }
  get streamConfig() {
    return this.#lists.map((listId) => ({ types: itemTypes, filter: { listId } }))
  }
  async asJson(): Promise<ListJson> {
    return this.reduceEvents(toNextState, (await this.getExistingState()) ?? empty)
  }
}

import { spawnSync } from 'node:child_process'
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import manifest from '../package.json' with { type: 'json' }

/** An application of Knex users: the example, on declarations alone and with a tsconfig of its own. */
const app = mkdtempSync(join(tmpdir(), 'eventfold-knex-types-'))
const link = (name: string, as = name): void => {
  const target = join(app, 'node_modules', as)
  rmSync(target, { force: true })
  mkdirSync(resolve(target, '..'), { recursive: true })
  symlinkSync(resolve('node_modules', name), target)
}

beforeAll(() => {
  const installed = join(app, 'node_modules/eventfold')
  // Whether the source itself compiles is for others to say.
  spawnSync('node_modules/.bin/tsc', [
    '-p',
    'tsconfig.build.json',
    '--outDir',
    join(installed, 'dist'),
  ])
  const exported = Object.entries(manifest.exports).map(([door, target]) => [
    door,
    typeof target === 'string' ? target : { types: target.types, default: target.default },
  ])
  const { name, type } = manifest
  const packed = { name, type, exports: Object.fromEntries(exported) }
  writeFileSync(join(installed, 'package.json'), JSON.stringify(packed))
  for (const dependency of ['@standard-schema/spec', '@types/node', 'undici-types']) {
    link(dependency)
  }
  const files = ['events.ts', 'validators.ts', 'projections.ts', 'handlers.ts']
  for (const file of files) cpSync(join('examples/knex-todo', file), join(app, file))
  writeFileSync(join(app, 'migration.ts'), migration)
  writeFileSync(join(app, 'package.json'), JSON.stringify({ type: 'module' }))
})
afterAll(() => rmSync(app, { recursive: true }))

/** A migration as Knex makes it, and a client over either. */
const migration = `
import {
  createEventClient, createEventDataIndexMigration, createEventsTableMigration,
  createProjectionDataIndexMigration, createProjectionsTableMigration,
} from 'eventfold/knex'
import type { Knex } from 'knex'
import { eventInputUnion, eventUnion, type TodoClient, type UserEvent } from './events.ts'

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false
type IsAny<A> = 0 extends 1 & A ? true : false
export const ids: [Same<UserEvent['id'], bigint>, IsAny<UserEvent['id']>] = [true, false]
export const types: [Same<UserEvent['type'], keyof typeof all>, IsAny<UserEvent>] = [true, false]
const all = { LIST_CREATED: 1, ITEM_ADDED: 1, ITEM_COMPLETED: 1, ITEM_MARKED_INCOMPLETE: 1, ITEM_REMOVED: 1 }

export async function up(knex: Knex): Promise<void> {
  await knex.raw(createEventsTableMigration.up)
  await knex.raw(createProjectionsTableMigration.up)
  await knex.raw(createEventDataIndexMigration({ key: 'userId' }).up)
  await knex.raw(createProjectionDataIndexMigration({ key: 'status', indexName: 'custom_status_idx' }).up)
  await knex.raw(createEventsTableMigration({ table: 'facts', schema: 'todo' }).up)
}
export async function down(knex: Knex): Promise<void> {
  await knex.raw(createProjectionsTableMigration.down)
  await knex.raw(createEventsTableMigration.down)
}
export const open = (knex: Knex): TodoClient => createEventClient(eventUnion, eventInputUnion, knex)
export const inside = (trx: Knex.Transaction) => createEventClient(eventUnion, eventInputUnion, trx)
export async function latest(client: TodoClient): Promise<bigint | undefined> {
  const event = await client.getLatestEvent({ type: 'ITEM_ADDED', filter: { listId: { eq: 'list_1' } } })
  const title: string | undefined = event?.data.title
  // @ts-expect-error an event has no such data
  void event?.data.colour
  return title === undefined ? undefined : event?.id
}
`

const compilers = ['node_modules/.bin/tsc', 'test/typescript-5/node_modules/.bin/tsc']
const zods = ['zod-3', 'zod']
const knexes = ['knex-3-1', 'knex']

test.each(compilers.flatMap((tsc) => zods.map((zod, at) => [tsc, zod, knexes[at] ?? ''] as const)))(
  '%s compiles the example with %s and %s',
  (tsc, zod, knex) => {
    link(zod, 'zod')
    link(knex, 'knex')
    const compilerOptions = {
      target: 'es2024',
      lib: ['es2024', 'esnext.disposable'],
      types: ['node'],
      module: 'nodenext',
      allowImportingTsExtensions: true,
      strict: true,
      noImplicitOverride: false,
      noEmit: true,
      skipLibCheck: true,
    }
    const config = { compilerOptions, files: globSync('*.ts', { cwd: app }) }
    writeFileSync(join(app, 'tsconfig.json'), JSON.stringify(config))
    const found = spawnSync(resolve(tsc), ['-p', app], { encoding: 'utf8' })
    expect(found.stdout).toBe('')
    expect(found.status).toBe(0)
  },
)

import { spawn } from 'node:child_process'
import { expect, inject, test } from 'vitest'
import { freshDatabase } from '../src/stores/postgres/server.fixture.ts'

/** What `npm run example:knex-todo` prints. */
async function run(url: string | undefined): Promise<{ code: number | null; said: string }> {
  const { DATABASE_URL: _, ...env } = process.env
  const args = ['--conditions=eventfold-source', 'examples/knex-todo/main.ts']
  const child = spawn(process.execPath, args, {
    env: { ...env, ...(url !== undefined && { DATABASE_URL: url }) },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  }
  const code = await new Promise<number | null>((done) => child.on('close', done))
  return { code, said }
}

const story = (said: string): string => said.slice(said.indexOf('A list takes'))

test.skipIf(inject('postgresMissing') !== undefined)(
  'the todo list of Knex tells its story, in a database of yours and in one of its own',
  async () => {
    await using database = await freshDatabase()
    const first = await run(database.url)
    expect(first).toMatchObject({ code: 0 })
    expect(first.said).toContain('migrations  create event sourcing tables, add event sourcing')
    expect(first.said).toContain('add coffee                refused: three items are to do already')
    expect(first.said).toContain('complete cheese           refused: the item is not on the list')
    expect(first.said).toContain('1 stored, 11 refused')
    expect(first.said).toMatch(/saved up to event \d+; 1 event since then/)
    expect(first.said).toMatch(/refused: the rest of the transaction failed\n {2}to do {5}coffee/)

    const second = await run(database.url)
    expect(second).toMatchObject({ code: 0 })
    expect(second.said).toContain('migrations  are all there')
    const same = (said: string): string =>
      story(said).replace(/saved up to event \d+|tea for guest \d+/g, '')
    expect(same(second.said)).toBe(same(first.said))

    const own = await run(undefined)
    expect(own).toMatchObject({ code: 0 })
    expect(own.said).toMatch(/PostgreSQL 18.*, started for this run/)
    expect(same(own.said)).toBe(same(first.said))
  },
)

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { freshDatabase } from '../src/stores/postgres/server.fixture.ts'

const main = join(import.meta.dirname, '../examples/drizzle-cart/main.ts')

/** As `npm run example:drizzle-cart` does. */
async function run(url: string | undefined): Promise<string> {
  const { DATABASE_URL: _, ...others } = process.env
  const env = { ...others, ...(url !== undefined && { DATABASE_URL: url }) }
  const args = ['--conditions=eventfold-source', main]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env })
  expect(stderr).toBe('')
  return stdout
}

/** The lines of the story, in their order. */
const story = [
  '3 × cup',
  'saved: created',
  'the next view reads 1 event on top of it',
  'left tab: done',
  'right tab: refused, ITEM_ADDED came in between; nothing was stored',
  'both again, each on what is there now: stored after',
  'check-out: refused, the card was declined',
  'orders of this cart: 0, the cart is open',
  'left tab checks out: done',
  'right tab adds: refused, CART_CHECKED_OUT came in between; nothing was stored',
  'is checked out',
  'orders of this cart: 1',
]

test('the shop runs inside the process', async () => {
  const said = await run(undefined)
  expect(said).toContain('PGlite')
  const places = story.map((line) => said.indexOf(line))
  expect(places).not.toContain(-1)
  expect(places).toEqual(places.toSorted((left, right) => left - right))
})

test('the shop runs on a server, more than once', async () => {
  await using database = await freshDatabase()
  for (const carts of [1, 2]) {
    const said = await run(database.url)
    for (const line of story) expect(said).toContain(line)
    expect(said.match(/^ {2}cart_[0-9a-f]{8} {2}anna/gmu)).toHaveLength(carts)
  }
})

import { expect, test } from 'vitest'
import { jsonCodec } from '../../store/json.ts'
import { prepareCommit } from '../../store/check-commit.ts'
import type { WriteAccess } from './access.ts'
import { createClock } from './clock.ts'
import { Combiner } from './combiner.ts'
import { draftOf, type Draft } from './draft.ts'
import type { Table } from './table.ts'
import { Versions } from './versions.ts'

const filing = { isIdentifier: () => true, partitionKey: undefined }
const table = { transact: async () => undefined } as unknown as Table
const access: WriteAccess = {
  table,
  codec: jsonCodec,
  filing,
  clock: createClock(),
  versions: new Versions(),
  outboxSeconds: undefined,
  idempotencySeconds: undefined,
}

/** A commit that counts how often it is looked at. */
function draft(cartId: string, look: () => void): Draft {
  const limits = { eventBytes: 1000, commitEvents: 10 }
  const events = [{ type: 'ADDED', data: { cartId } }]
  const prepared = prepareCommit({ events }, { isIdentifier: () => true, codec: jsonCodec, limits })
  const made = draftOf(prepared, [false], [], filing)
  const touches = new Set(made.touches)
  const iterator = touches[Symbol.iterator].bind(touches)
  touches[Symbol.iterator] = () => {
    look()
    return iterator()
  }
  return { ...made, touches }
}

async function looksAt(count: number): Promise<number> {
  let looks = 0
  const combiner = new Combiner(access)
  const drafts = Array.from({ length: count }, (_, n) => draft(String(n), () => (looks += 1)))
  await Promise.all(drafts.map((each) => combiner.add(each, undefined)))
  return looks
}

test('eight times as many commits that wait are looked at eight times as often', async () => {
  const [few, many] = [await looksAt(1000), await looksAt(8000)]
  expect(many).toBeLessThan(few * 8 * 1.2)
  expect(many).toBeLessThan(8000 * 10)
})

test('no more wait than a bound, and those who do are written', async () => {
  const combiner = new Combiner(access)
  const sent = Array.from({ length: 10_010 }, (_, n) =>
    combiner.add(
      draft(String(n), () => {}),
      undefined,
    ),
  )
  const answers = await Promise.allSettled(sent)
  const refused = answers.filter(({ status }) => status === 'rejected')
  expect(refused.length).toBe(10)
  expect(refused[0]).toMatchObject({ reason: { code: 'STORE', fault: 'busy', outcome: 'none' } })
  await combiner.add(
    draft('1', () => {}),
    undefined,
  )
})

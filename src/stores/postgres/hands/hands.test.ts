import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { NoConnection, type PostgresHand, type Row } from '../hand.ts'
import { freshDatabase, type FreshDatabase } from '../server.fixture.ts'
import { everyHand, type HandCase, type OpenHand } from './every-hand.fixture.ts'

const PATIENCE = 30_000
const oddTexts = [
  ``,
  `it's "quoted"`,
  `? ?? \\? :name $1 $$ %s`,
  `true`,
  `{"a": [1, "2"]}`,
  `{a,b}`,
  `tab\t, line\n and back\\slash`,
  `🦊 ünï`,
  `__proto__`,
  'long '.repeat(2000),
]

let database: FreshDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

const tables = `create table if not exists notes (n int primary key, note text)`

const outermost = everyHand.map((each) => [each.name, each] as const)

describe.each(outermost)('%s', (_, { open, embedded, single }: HandCase) => {
  let opened: OpenHand
  let hand: PostgresHand
  const start = async (connections = 4): Promise<void> => {
    opened = await open(database.url, connections)
    hand = opened.hand
    await hand.run({ text: tables }, PATIENCE)
    await hand.run({ text: 'truncate notes' }, PATIENCE)
  }
  beforeAll(() => start())
  afterAll(() => opened[Symbol.asyncDispose]())

  const notes = async (): Promise<readonly Row[]> =>
    await hand.run({ text: 'select n::text as n, note from notes order by notes.n' }, PATIENCE)
  const insert = (n: number | string, note: string | null = null) => ({
    name: 'insert-note',
    text: 'insert into notes values ($1::int, $2::text)',
    values: [String(n), note],
  })
  const clear = (): Promise<unknown> => hand.run({ text: 'delete from notes' }, PATIENCE)

  test('values come back as they went, as text or null', async () => {
    for (const name of [undefined, 'echo']) {
      for (const text of oddTexts) {
        const statement = {
          text: `select $1::text as same, to_jsonb($1::text)::text as json, $2::text as nothing,
            ($3::bigint + 1)::text as number, ($4::jsonb -> 'a')::text as data, $5::boolean::text as truth,
            ($6::timestamptz at time zone 'UTC')::text as moment, ($7::text[])[2] as item`,
          values: [
            text,
            null,
            '9007199254740993',
            '{"a": "$1?"}',
            'true',
            '2026-01-02T03:04:05.678Z',
            '{a,"b,c"}',
          ],
          ...(name && { name }),
        }
        const rows = await hand.run(statement, PATIENCE)
        expect(rows.map((row) => ({ ...row }))).toEqual([
          {
            same: text,
            json: expect.any(String),
            nothing: null,
            number: '9007199254740994',
            data: '"$1?"',
            truth: 'true',
            moment: '2026-01-02 03:04:05.678',
            item: 'b,c',
          },
        ])
        expect(JSON.parse(rows[0]?.['json'] ?? '')).toBe(text)
      }
    }
  })

  test('a statement may be large, and may give many rows', async () => {
    const value = JSON.stringify(
      Array.from({ length: 5000 }, (_unused, n) => ({ n, pad: 'x'.repeat(200) })),
    )
    const rows = await hand.run(
      {
        text: `select item ->> 'n' as n from jsonb_array_elements($1::jsonb) as each(item)`,
        values: [value],
      },
      PATIENCE,
    )
    expect(rows).toHaveLength(5000)
    expect(rows[4999]).toMatchObject({ n: '4999' })
  })

  test('a block of several lines runs, with a question mark in it', async () => {
    await clear()
    const text = `do $block$
      begin
        insert into notes values (1, 'what is $1?');
        insert into notes values (2, '?? ?');
      end
    $block$`
    await hand.run({ text }, PATIENCE)
    expect((await notes()).map(({ note }) => note)).toEqual(['what is $1?', '?? ?'])
  })

  test.skipIf(embedded)('a procedure may commit inside', async () => {
    expect(hand.procedures).toBe(true)
    await clear()
    const text = `create or replace procedure twice(first text, inout answer text) language plpgsql as $$
      begin
        insert into notes values (1, first);
        commit;
        set transaction isolation level read committed;
        insert into notes values (2, answer);
        answer := 'done';
      end $$`
    await hand.run({ text }, PATIENCE)
    for (const name of [undefined, 'call-twice']) {
      await clear()
      const values = ['one', 'two']
      const call = { text: 'call twice($1::text, $2::text)', values, ...(name && { name }) }
      expect(await hand.run(call, PATIENCE)).toMatchObject([{ answer: 'done' }])
      expect((await notes()).map(({ note }) => note)).toEqual(['one', 'two'])
    }
  })

  test('a transaction is committed whole', async () => {
    await clear()
    const result = await hand.transaction(async (run) => {
      await run(insert(1))
      await run(insert(2))
      const [level] = await run({
        text: `select current_setting('transaction_isolation') as level`,
      })
      return level?.['level']
    }, PATIENCE)
    expect(result).toBe('read committed')
    expect(await notes()).toHaveLength(2)
  })

  test('a transaction whose work rejects leaves nothing', async () => {
    await clear()
    const failed = hand.transaction(async (run) => {
      await run(insert(1))
      throw new Error('changed my mind')
    }, PATIENCE)
    await expect(failed).rejects.toThrow('changed my mind')
    expect(await notes()).toEqual([])
  })

  test('a transaction with a failed statement is not committed, even where the work goes on', async () => {
    await clear()
    const failed = hand.transaction(async (run) => {
      await run(insert(1))
      await run(insert(1)).catch(() => {})
    }, PATIENCE)
    expect(codeOf(await failed.catch((error: unknown) => error))).toBe('23505')
    expect(await notes()).toEqual([])
  })

  test('within sees what its transaction has written, and ends with it', async () => {
    await clear()
    await opened.transaction(async (transaction) => {
      const run = hand.within(transaction)
      await run(insert(1, `it's ? $1`))
      await Promise.all([run(insert(2)), run(insert(3))])
      expect(
        await run({ text: 'select note from notes where n = $1::int', values: ['1'] }),
      ).toMatchObject([{ note: `it's ? $1` }])
    })
    expect(await notes()).toHaveLength(3)
    const failed = opened.transaction(async (transaction) => {
      await hand.within(transaction)(insert(4))
      expect(await hand.within(transaction)({ text: 'select from notes' })).toHaveLength(4)
      throw new Error('rolled back')
    })
    await expect(failed).rejects.toThrow('rolled back')
    expect(await notes()).toHaveLength(3)
  })

  test('within says what it wants', () => {
    for (const wrong of [undefined, null, {}, 'tx', () => {}]) {
      expect(() => hand.within(wrong)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      )
    }
  })

  test('an error keeps the code of the server, and the connection goes on', async () => {
    await clear()
    await hand.run(insert(1), PATIENCE)
    for (let attempt = 0; attempt < 6; attempt += 1) {
      const error = await hand.run(insert(1), PATIENCE).catch((thrown: unknown) => thrown)
      expect(codeOf(error)).toBe('23505')
    }
    expect(await notes()).toHaveLength(1)
    const failed = opened.transaction(async (transaction) => {
      await hand.within(transaction)(insert(1))
    })
    expect(codeOf(await failed.catch((thrown: unknown) => thrown))).toBe('23505')
    expect(await notes()).toHaveLength(1)
  })

  test('twenty at once', async () => {
    await clear()
    const all = Array.from({ length: 20 }, (_unused, n) => n)
    await Promise.all(
      all.map((n) =>
        n % 3 === 0
          ? hand.transaction((run) => run(insert(n)), PATIENCE)
          : hand.run(insert(n), PATIENCE),
      ),
    )
    expect((await notes()).map(({ n }) => Number(n))).toEqual(all)
  })

  test('without a free connection in time it says so, and does nothing later', async () => {
    await using alone = await open(database.url, 1)
    await alone.hand.run({ text: tables }, PATIENCE)
    await alone.hand.run({ text: 'delete from notes' }, PATIENCE)
    const held = Promise.withResolvers<void>()
    const entered = Promise.withResolvers<void>()
    const holding = alone.hand.transaction(async (run) => {
      await run({ text: 'select 1' })
      entered.resolve()
      await held.promise
    }, PATIENCE)
    await entered.promise
    await expect(alone.hand.run(insert(1), 20)).rejects.toThrow(NoConnection)
    await expect(alone.hand.transaction((run) => run(insert(2)), 20)).rejects.toThrow(NoConnection)
    const patient = alone.hand.run(insert(3), PATIENCE)
    held.resolve()
    await holding
    await patient
    const after = await alone.hand.run({ text: 'select n::text as n from notes' }, PATIENCE)
    expect(after.map((row) => ({ ...row }))).toEqual([{ n: '3' }])
  })

  test.skipIf(embedded || single)('a pool goes on after its connections were ended', async () => {
    await using some = await open(database.url, 2)
    await some.hand.run({ text: tables }, PATIENCE)
    for (let round = 0; round < 3; round += 1) {
      const asleep = some.hand.run({ text: 'select pg_sleep(60)::text' }, PATIENCE)
      const ended = asleep.catch((error: unknown) => error)
      await until(async () => (await terminate(`query like '%pg_sleep(60)%'`)) === 1)
      expect(codeOf(await ended)).toMatch(/^57P01|CONNECTION_CLOSED$/)
      expect(await some.hand.run({ text: `select 'here' as x` }, PATIENCE)).toMatchObject([
        { x: 'here' },
      ])
    }
    await Promise.all(
      [1, 2].map(() => some.hand.run({ text: 'select pg_sleep(0.05)::text' }, PATIENCE)),
    )
  })

  test.skipIf(embedded || single)(
    'nothing of a transaction is stored whose connection was ended',
    async () => {
      await using some = await open(database.url, 1)
      await clear()
      for (const last of [false, true]) {
        const failed = some.hand.transaction(async (run) => {
          await run(insert(1))
          expect(await terminate(`state = 'idle in transaction'`)).toBe(1)
          if (last) return
          await until(async () => (await terminate(`state = 'idle in transaction'`)) === 0)
          await some.hand.run({ text: 'select 1' }, 200).catch(() => {})
          await run(insert(2))
        }, PATIENCE)
        await expect(failed).rejects.toThrow(/./)
        expect(await notes()).toEqual([])
        expect(await some.hand.run({ text: `select 'here' as x` }, PATIENCE)).toMatchObject([
          { x: 'here' },
        ])
      }
    },
  )
})

/** Ends the connections to the database of the test; gives how many. */
async function terminate(where: string): Promise<number> {
  const client = new Client({ connectionString: database.url })
  await client.connect()
  const { rowCount } = await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and ${where}`,
  )
  await client.end()
  return rowCount ?? 0
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10))
}

/** Drizzle wraps the error of the driver. */
function codeOf(error: unknown): string | undefined {
  const { code, cause } = Object(error) as { code?: string; cause?: { code?: string } }
  return code ?? cause?.code
}

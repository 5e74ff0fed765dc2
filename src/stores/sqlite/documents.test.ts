import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { dateCodec } from '../../store/json.ts'
import type { DataFilter } from '../../store/stream.ts'
import { MemoryEventStore } from '../memory/index.ts'
import { drivers, openTuned, temporaryFolder } from './stores.fixture.ts'

const keys = ['a', '_1', '__proto__', 'quo"te', '$', 'a.b']
const values = ['', 'a', '1', '{"a":1}', '😀', 0, -0, 1, 1.5, 2 ** 53, true, false]
const scalar = fc.constantFrom(...values)
const field = fc.oneof(
  scalar,
  fc.constantFrom<unknown>(null, [], ['a'], { a: 1 }, { b: 'a' }, new Date(0)),
)
const data = fc.oneof(
  fc.array(fc.tuple(fc.constantFrom(...keys), field)).map(Object.fromEntries),
  fc.constantFrom<unknown>(null, 'a', 1, ['a'], []),
)
const filter: fc.Arbitrary<DataFilter> = fc
  .array(
    fc.tuple(
      fc.constantFrom(...keys),
      fc.oneof(
        scalar,
        scalar.map((eq) => ({ eq })),
        scalar.map((neq) => ({ neq })),
        fc.record({ eq: scalar, gte: fc.constantFrom('', 0) }),
      ),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((entries) => Object.fromEntries(entries) as DataFilter)

test.each(Object.entries(drivers))(
  'SQL narrows a query of documents to no less than what matches: %s',
  async (_, driver) => {
    const same = fc.asyncProperty(
      fc.array(data, { minLength: 1, maxLength: 12 }),
      fc.array(filter, { minLength: 1, maxLength: 12 }),
      async (written, filters) => {
        using folder = temporaryFolder()
        const memory = new MemoryEventStore({ codec: dateCodec })
        await using file = openTuned(folder.file('log.db'), { driver, codec: dateCodec })
        const documents = written.map((one, id) => ({ type: 'view', id: `${id}`, data: one }))
        for (const store of [memory, file]) await store.commit({ documents })
        for (const asked of filters) {
          const [expected, found] = await Promise.all(
            [memory, file].map((store) => store.documents.query({ type: 'view', filter: asked })),
          )
          const ids = (page: typeof found) => page?.documents.map(({ id }) => id)
          expect(ids(found)).toEqual(ids(expected))
        }
      },
    )
    await expect(fc.assert(same, { numRuns: 200 })).resolves.toBeUndefined()
  },
)

import { describe, expect, it, test } from 'vitest'
import { conformance } from '../../conformance/index.ts'
import { jsonCodec } from '../../store/json.ts'
import { deleteDatabase, freshName } from './fresh.fixture.ts'
import { openIndexedDB } from './indexed-db/index.ts'

conformance(
  { describe, it },
  {
    name: 'IndexedDB in Chromium',
    open: (options) => {
      const name = freshName()
      const reopen = () => openIndexedDB({ codec: jsonCodec, ...options, name })
      return { store: reopen(), reopen, remove: () => deleteDatabase(name) }
    },
    can: ['totalOrder', 'atomicReads', 'anyBoundary', 'watch'],
  },
)

test('nothing is left over', async () => {
  const names = (await indexedDB.databases()).map(({ name = '' }) => name)
  expect(names.filter((name) => name.startsWith('test-'))).toEqual([])
})

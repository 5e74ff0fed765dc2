import { describe, expect, it, test } from 'vitest'
import { conformance } from '../../conformance/index.ts'
import { jsonCodec } from '../../store/json.ts'
import { freshName, removeLog } from './fresh.fixture.ts'
import { openLocalStorage } from './web-storage/index.ts'

conformance(
  { describe, it },
  {
    name: 'localStorage in Chromium',
    open: (options) => {
      const namespace = freshName()
      const reopen = () => openLocalStorage({ codec: jsonCodec, ...options, namespace })
      return { store: reopen(), reopen, remove: () => removeLog(localStorage, namespace) }
    },
    can: ['totalOrder', 'atomicReads', 'anyBoundary', 'watch'],
  },
)

test('conditions hold across tabs, and nothing is left over', async () => {
  const store = openLocalStorage({ namespace: freshName() })
  expect(store.acrossTabs).toBe(true)
  await store.close()
  expect(Object.keys(localStorage).filter((key) => key.startsWith('test-'))).toEqual([])
})

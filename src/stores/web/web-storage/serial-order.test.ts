import * as fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import { identifierTest } from '../../../event/identifiers.ts'
import { jsonCodec } from '../../../store/json.ts'
import { provesSerialOrder, type Faults } from '../serial-order.fixture.ts'
import type { LocksLike } from './head-locks.ts'
import { openWebStorage, type StorageLike, type WebStorageStore } from './index.ts'
import { MapStorage } from './map-storage.fixture.ts'
import { capabilities, createStore } from './store.ts'
import { Tabs } from './tabs.fixture.ts'

const tapes = fc.noBias(fc.array(fc.nat(9999), { minLength: 900, maxLength: 900 }))
const RUNS = { numRuns: 25, endOnFailure: true }
let logs = 0

afterEach(() => {
  vi.restoreAllMocks()
})

function openInTab(storage: StorageLike, namespace: string): WebStorageStore {
  const { limits } = capabilities
  const rules = { isIdentifier: identifierTest(['*Id', '*_id']), codec: jsonCodec, limits }
  const locks = navigator.locks as LocksLike
  return createStore({ storage, namespace, rules, isShared: true, locks })
}

test('what several stores of one storage answer at once has a serial order, also where it is full at times', async () => {
  const has = fc.asyncProperty(tapes, async (tape) => {
    const storage = new MapStorage()
    const open = () => openWebStorage({ storage, namespace: 'log', codec: jsonCodec })
    await provesSerialOrder(tape, open, fullAtTimes)
  })
  await expect(fc.assert(has, RUNS)).resolves.toBeUndefined()
})

test('what several tabs answer at once has a serial order, also where the storage is full at times', async () => {
  const has = fc.asyncProperty(tapes, async (tape) => {
    const tabs = new Tabs()
    const namespace = `serial order ${(logs += 1)}`
    await provesSerialOrder(tape, () => openInTab(tabs.open(), namespace), fullAtTimes)
  })
  await expect(fc.assert(has, RUNS)).resolves.toBeUndefined()
})

const fullAtTimes: Faults = {
  begin: (below) => {
    // oxlint-disable-next-line typescript/unbound-method -- It is called on what it was taken from.
    const { setItem } = MapStorage.prototype
    vi.spyOn(MapStorage.prototype, 'setItem').mockImplementation(function (
      this: MapStorage,
      ...given
    ) {
      // What is replaced is made shorter.
      if (this.getItem(given[0]) === null && below(4) === 0) {
        throw new DOMException('no room', 'QuotaExceededError')
      }
      setItem.apply(this, given)
    })
  },
  end: () => {
    vi.restoreAllMocks()
  },
}

import { forceCloseDatabase } from 'fake-indexeddb'
import * as fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import { jsonCodec } from '../../../store/json.ts'
import { provesSerialOrder, type Below, type Faults } from '../serial-order.fixture.ts'
import { newName, opened } from './databases.fixture.ts'

const tapes = fc.noBias(fc.array(fc.nat(9999), { minLength: 900, maxLength: 900 }))
const RUNS = { numRuns: 25, endOnFailure: true }

afterEach(() => {
  vi.restoreAllMocks()
})

test('what several stores of one database answer at once has a serial order', async () => {
  const has = fc.asyncProperty(tapes, async (tape) => {
    const name = newName()
    await provesSerialOrder(tape, () => opened({ name, codec: jsonCodec }))
  })
  await expect(fc.assert(has, RUNS)).resolves.toBeUndefined()
})

test('it has one also where requests and transactions fail, and connections are taken away', async () => {
  const has = fc.asyncProperty(tapes, async (tape) => {
    const name = newName()
    await provesSerialOrder(tape, () => opened({ name, codec: jsonCodec }), failing)
  })
  await expect(fc.assert(has, RUNS)).resolves.toBeUndefined()
})

const failing: Faults = {
  begin: (below) => {
    // oxlint-disable typescript/unbound-method -- They are called on what they were taken from.
    const { add, put } = IDBObjectStore.prototype
    const { commit } = IDBTransaction.prototype
    const { transaction } = IDBDatabase.prototype
    // oxlint-enable typescript/unbound-method
    vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementation(function (
      this: IDBObjectStore,
      ...given
    ) {
      failSometimes(below, 60, 'QuotaExceededError')
      failSometimes(below, 60, 'DataCloneError')
      const request = add.apply(this, given)
      if (below(60) === 0) request.addEventListener('success', () => this.transaction.abort())
      return request
    })
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (
      this: IDBObjectStore,
      ...given
    ) {
      failSometimes(below, 40, 'QuotaExceededError')
      return put.apply(this, given)
    })
    vi.spyOn(IDBTransaction.prototype, 'commit').mockImplementation(function (
      this: IDBTransaction,
    ) {
      if (below(30) === 0) this.abort()
      else commit.call(this)
    })
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (
      this: IDBDatabase,
      ...given
    ) {
      if (below(40) === 0) forceCloseDatabase(this as never)
      failSometimes(below, 40, 'InvalidStateError')
      return transaction.apply(this, given)
    })
  },
  end: () => {
    vi.restoreAllMocks()
  },
}

function failSometimes(below: Below, times: number, name: string): void {
  if (below(times) === 0) throw new DOMException('on purpose', name)
}

import { LimitError } from '../../store/errors.ts'
import { keyOfWrite, type Write } from './table.ts'

export const MOST_ITEMS = 100
const ITEM_BYTES = 400 * 1024
const TRANSACTION_BYTES = 4 * 1024 * 1024

/** Refuses a transaction that DynamoDB would not take, before it is sent. */
export function checkSize(writes: readonly Write[]): void {
  if (writes.length > MOST_ITEMS) {
    throw new LimitError(
      'commit',
      writes.length,
      MOST_ITEMS,
      'items in a DynamoDB transaction',
      'Each event is an item for each of its identifiers, one for its id if it was given, and each identifier has a head: commit fewer events at once.',
    )
  }
  let total = 0
  for (const write of writes) {
    const bytes = bytesOf(write)
    if (bytes > ITEM_BYTES) {
      const what = `the item ${keyOfWrite(write).pk}`
      throw new LimitError(what, bytes, ITEM_BYTES, 'bytes in a DynamoDB item')
    }
    total += bytes
  }
  if (total > TRANSACTION_BYTES) {
    throw new LimitError('commit', total, TRANSACTION_BYTES, 'bytes in a DynamoDB transaction')
  }
}

/** How large what a write carries is, as DynamoDB counts: names and texts in UTF-8, numbers up to 21 bytes. */
function bytesOf(write: Write): number {
  const attributes =
    'put' in write
      ? Object.entries(write.put)
      : [...Object.entries(keyOfWrite(write)), ...Object.entries(write.condition.values)]
  let bytes = 0
  for (const [name, value] of attributes) {
    bytes += Buffer.byteLength(name) + (typeof value === 'string' ? Buffer.byteLength(value) : 21)
  }
  return bytes
}

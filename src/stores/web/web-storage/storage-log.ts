import type { PreparedCommit } from '../../../store/check-commit.ts'
import type { Committed } from '../../../store/commit.ts'
import { createEventId } from '../../../event/id.ts'
import type { JsonCodec } from '../../../store/json.ts'
import { judge } from '../../../store/judge.ts'
import { memoryLog, type MemoryLog } from '../../../store/memory-log.ts'
import { compactor } from './compact.ts'
import { asStoreError, cleared, damaged, full, isQuotaExceeded, newer } from './errors.ts'
import {
  deedOf,
  FORMAT,
  parseRecord,
  recordOf,
  recordOfRemoval,
  type LogRecord,
  type Stamp,
} from './record.ts'
import { furthest, keyOf, type StorageLike } from './storage.ts'

export interface StorageLogOptions {
  readonly storage: StorageLike
  readonly namespace: string
  readonly codec: JsonCodec
  /** The log was taken away. */
  readonly onCleared: () => void
}

/**
 * A log in a storage, one record per key, and what it says in memory. Everything is synchronous: who
 * catches up and writes in one turn of the event loop has nobody of the same thread in between.
 */
export class StorageLog {
  readonly memory: MemoryLog
  readonly #options: StorageLogOptions
  /** How many records are in memory, and the mark of the last. */
  #count = 0
  #mark = ''
  #isWhole = false
  #isCleared = false
  /** How many records there were when they were made shorter. */
  #compacted = 0

  constructor(options: StorageLogOptions) {
    this.#options = options
    this.memory = memoryLog(options.codec)
  }

  get count(): number {
    return this.#count
  }

  /** Whether the storage shows a record by now. */
  shows(record: number): boolean {
    return this.#count >= record || this.#get(record) !== null
  }

  /** Throws, now and ever after, when the last record that was read is no longer there. */
  checkEvidence(): void {
    if (this.#isCleared) throw cleared(this.#options.namespace)
    if (this.#count === 0) return
    const last = this.#get(this.#count)
    if (last !== null && markIn(last) === this.#mark) return
    this.#isCleared = true
    this.#options.onCleared()
    throw cleared(this.#options.namespace)
  }

  /** Reads what others have written. */
  catchUp(): void {
    this.checkEvidence()
    this.#readOn()
    if (this.#isWhole) return
    const { storage, namespace } = this.#options
    const last = this.#try(() => furthest(storage, namespace))
    if (last > this.#count) this.#readOn()
    if (last > this.#count) {
      throw damaged(keyOf(namespace, this.#count + 1), `it is missing, and record ${last} is there`)
    }
    this.#isWhole = true
  }

  /** Judges and writes. Whoever calls has caught up in this turn. */
  commit(prepared: PreparedCommit): Committed {
    const verdict = judge(prepared, this.memory)
    if (verdict.replayed) return verdict.replayed
    const stamp = createStamp()
    this.#write(recordOf(prepared, verdict, stamp), stamp)
    return this.memory.write(prepared, verdict, new Date(stamp.at).toISOString())
  }

  /** Takes records out of the outbox. Whoever calls has caught up in this turn. */
  remove(ids: readonly string[]): void {
    const asked = new Set(ids)
    const waiting = [...this.memory.outbox].filter(({ id }) => asked.has(id))
    if (waiting.length === 0) return
    const stamp = createStamp()
    const removed = [...new Set(waiting.map(({ id }) => id))]
    this.#write(recordOfRemoval(removed, stamp), stamp)
    this.memory.remove(removed)
  }

  #readOn(): void {
    for (let text; (text = this.#get(this.#count + 1)) !== null;) {
      const record = this.#parse(text, this.#count + 1)
      const deed = this.#understand(record)
      if (deed.removed) this.memory.remove(deed.removed)
      else this.memory.write(deed.commit, deed.verdict, deed.timestamp)
      this.#count += 1
      this.#mark = record.mark
    }
  }

  #parse(text: string, at: number): LogRecord {
    const key = keyOf(this.#options.namespace, at)
    let record: LogRecord
    try {
      record = parseRecord(text)
    } catch (error) {
      throw damaged(key, 'it is no record of a log', error)
    }
    if (record.eventfold > FORMAT) throw newer(key, record.eventfold, FORMAT)
    return record
  }

  #understand(record: LogRecord): ReturnType<typeof deedOf> {
    const { codec, namespace } = this.#options
    try {
      return deedOf(record, codec)
    } catch (error) {
      throw damaged(keyOf(namespace, this.#count + 1), 'the codec cannot read it', error)
    }
  }

  #write(text: string, { mark }: Stamp): void {
    const { namespace } = this.#options
    if (!this.#fits(text)) {
      this.#compact()
      const error = this.#set(this.#count + 1, text)
      if (error !== undefined) throw full(namespace, text.length, error)
    }
    this.#count += 1
    this.#mark = mark
  }

  #fits(text: string): boolean {
    return this.#set(this.#count + 1, text) === undefined
  }

  /** Each record is replaced by a shorter one that says the same to whoever reads on. */
  #compact(): void {
    if (this.#compacted === this.#count) return
    const shorten = compactor()
    for (let at = this.#count; at > 0; at -= 1) {
      const text = this.#get(at)
      // Somebody removed it, and whoever opens the log next is told so.
      if (text === null) return
      const shorter = JSON.stringify(shorten(this.#parse(text, at)))
      if (shorter.length < text.length && this.#set(at, shorter) !== undefined) return
    }
    this.#compacted = this.#count
  }

  #get(record: number): string | null {
    const { storage, namespace } = this.#options
    return this.#try(() => storage.getItem(keyOf(namespace, record)))
  }

  /** Returns the error where there is no room. */
  #set(record: number, text: string): unknown {
    const { storage, namespace } = this.#options
    return this.#try(() => {
      try {
        storage.setItem(keyOf(namespace, record), text)
        return undefined
      } catch (error) {
        if (isQuotaExceeded(error)) return error
        throw error
      }
    })
  }

  #try<Result>(use: () => Result): Result {
    try {
      return use()
    } catch (error) {
      throw asStoreError(error, this.#options.namespace)
    }
  }
}

function createStamp(): Stamp {
  return { mark: createEventId().slice(-10), at: Date.now() }
}

/** Records begin with their format and their mark, also after they were made shorter. */
function markIn(text: string): string {
  return /^\{"eventfold":\d+,"mark":"(\w+)"/u.exec(text)?.[1] ?? ''
}

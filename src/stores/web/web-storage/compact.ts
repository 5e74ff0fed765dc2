import { nameOf } from '../../../store/check-commit.ts'
import type { LogRecord } from './record.ts'

/**
 * Makes records shorter, from the newest to the oldest: the content of a document that was written or
 * deleted again later, and of a message that was sent. What the records say together stays the same,
 * for those who have read some of them too.
 */
export function compactor(): (record: LogRecord) => LogRecord {
  const overwritten = new Set<string>()
  const sent = new Set<string>()
  return (record) => {
    const documents = record.documents?.map((document) => {
      if (document.status === 'skipped') return emptied(document)
      const isOld = overwritten.has(nameOf(document))
      overwritten.add(nameOf(document))
      return isOld ? emptied(document) : document
    })
    const outbox = record.outbox?.map((message) =>
      sent.has(message.id) ? emptied(message) : message,
    )
    for (const id of record.removed ?? []) sent.add(id)
    return { ...record, ...(documents && { documents }), ...(outbox && { outbox }) }
  }
}

function emptied<Part extends object>(part: Part): Part {
  const { data: _data, text: _text, ...rest } = part as Part & { data?: unknown; text?: unknown }
  return rest as Part
}

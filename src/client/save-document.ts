import type { DocumentResult, DocumentWrite, StoredDocument } from '../store/document.ts'
import { canonicalJson } from '../store/json.ts'
import type { EventStore } from '../store/store.ts'
import { resend } from './resend.ts'

/**
 * Writes one document, in a commit of its own. A commit without events has nothing by which the store
 * would know it again, so after a lost answer the document itself is looked at.
 */
export async function saveDocument(
  store: EventStore,
  { signal, ...document }: DocumentWrite & { readonly signal?: AbortSignal | undefined },
): Promise<DocumentResult> {
  const { type, id } = document
  const send = async (): Promise<DocumentResult> => {
    const { documents } = await store.commit({ documents: [document] }, { signal })
    return documents[0] as DocumentResult
  }
  const find = async (): Promise<DocumentResult | undefined> => {
    const found = await store.documents.get(type, id)
    if (!found || !isWritten(document, found)) return undefined
    const { revision } = found
    return { type, id, status: revision > 1 ? 'updated' : 'created', revision }
  }
  return resend(send, { signal, find })
}

/** Whether a document is what the write makes of it. */
function isWritten(write: DocumentWrite, { data, cursor }: StoredDocument): boolean {
  return (write.cursor ?? cursor) === cursor && canonicalJson(write.data) === canonicalJson(data)
}

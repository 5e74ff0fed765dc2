import type { DraftDocument } from './draft.ts'
import type { Write } from './table.ts'

/** The write of a document, relying on the revision that it was judged by; none where it is skipped. */
export function documentWrite(
  { write, key, state, result }: DraftDocument,
  updatedAt: string,
): Write | undefined {
  if (!result || result.status === 'skipped') return undefined
  const { json, cursor } = write
  const set: Record<string, unknown> = {
    itemType: 'document',
    revision: result.revision,
    updatedAt,
    ...(json !== undefined && { data: json }),
    ...(cursor !== undefined && { cursor }),
  }
  const names: Record<string, string> = { '#revision': 'revision', '#data': 'data' }
  const values: Record<string, unknown> = {}
  const sets = Object.entries(set).map(([name, value], index) => {
    names[`#s${index}`] = name
    values[`:s${index}`] = value
    return `#s${index} = :s${index}`
  })
  let text = 'attribute_not_exists(#revision) AND attribute_not_exists(#data)'
  if (state) {
    values[':was'] = state.revision
    text = `#revision = :was AND attribute_${state.deleted ? 'not_' : ''}exists(#data)`
  }
  const remove = json === undefined ? ' REMOVE #data' : ''
  return {
    update: key,
    expression: `SET ${sets.join(', ')}${remove}`,
    condition: { text, names, values },
  }
}

import type { DocumentState } from '../../store/judge.ts'
import type { DraftDocument } from './draft.ts'
import type { Expression, Write } from './table.ts'

/**
 * The write of a document, relying on the revision that it was judged by. One that is left out must still
 * be what it was left out for.
 */
export function documentWrite(
  { write, key, state, result }: DraftDocument,
  updatedAt: string,
): Write | undefined {
  if (!result) return undefined
  if (result.status === 'skipped') return { check: key, condition: conditionOf(state) }
  const { json, cursor } = write
  const set: Record<string, unknown> = {
    itemType: 'document',
    revision: result.revision,
    updatedAt,
    ...(json !== undefined && { data: json }),
    ...(cursor !== undefined && { cursor }),
  }
  const condition = conditionOf(state)
  const names: Record<string, string> = { ...condition.names }
  const values: Record<string, unknown> = { ...condition.values }
  const sets = Object.entries(set).map(([name, value], index) => {
    names[`#s${index}`] = name
    values[`:s${index}`] = value
    return `#s${index} = :s${index}`
  })
  const remove = json === undefined ? ' REMOVE #data' : ''
  return {
    update: key,
    expression: `SET ${sets.join(', ')}${remove}`,
    condition: { text: condition.text, names, values },
  }
}

/** Whether a document is as it was found. */
function conditionOf(state: DocumentState | undefined): Expression {
  const names = { '#revision': 'revision', '#data': 'data' }
  if (!state) {
    const text = 'attribute_not_exists(#revision) AND attribute_not_exists(#data)'
    return { text, names, values: {} }
  }
  const text = `#revision = :was AND attribute_${state.deleted ? 'not_' : ''}exists(#data)`
  return { text, names, values: { ':was': state.revision } }
}

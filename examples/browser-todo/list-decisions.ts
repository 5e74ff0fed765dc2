import { defineDecision, reject } from 'eventfold'
import { events } from './events.ts'
import { quoted, textFault, tidy } from './wording.ts'

export interface NameList {
  readonly listId: string
  readonly name: string
}

interface Named {
  readonly name: string
  /** The tab that gave the name. */
  readonly by: string
}
const unnamed: Named = { name: '', by: '' }

/** There is one list under an id, whichever tab was first. */
export const createList = defineDecision(events, {
  streams: ({ listId }: NameList) => [{ types: ['LIST_CREATED'], filter: { listId } }],
  initialState: unnamed,
  evolve: {
    LIST_CREATED: (_, { data, metadata }) => ({ name: data.name, by: metadata.source ?? '' }),
  },
  decide: ({ listId, name }, list) => {
    if (list.name) return reject(`${list.by} has created the list ${quoted(list.name)} meanwhile.`)
    const fault = textFault('name', name)
    return fault ? reject(fault) : { type: 'LIST_CREATED', data: { listId, name: tidy(name) } }
  },
})

/** `seen` is the name that is being replaced: nobody overwrites one that they have not read. */
export const renameList = defineDecision(events, {
  streams: ({ listId }: NameList & { readonly seen: string }) => [
    { types: ['LIST_CREATED', 'LIST_RENAMED'], filter: { listId } },
  ],
  initialState: unnamed,
  evolve: {
    LIST_CREATED: (_, { data, metadata }) => ({ name: data.name, by: metadata.source ?? '' }),
    LIST_RENAMED: (_, { data, metadata }) => ({ name: data.name, by: metadata.source ?? '' }),
  },
  decide: ({ listId, name, seen }, list) => {
    const fault = textFault('name', name)
    if (fault) return reject(fault)
    if (tidy(name) === list.name) return []
    if (list.name !== seen) {
      return reject(
        `${list.by} has named the list ${quoted(list.name)} meanwhile. Save again?`,
        list.name,
      )
    }
    return { type: 'LIST_RENAMED', data: { listId, name: tidy(name) } }
  },
})

import { useDecision } from 'eventfold/react'
import { useState, type ReactNode } from 'react'
import { PencilIcon } from './icons.tsx'
import { renameList } from './list-decisions.ts'
import { RenameForm } from './rename-form.tsx'
import { listId } from './store.ts'

export function ListName({ name }: { readonly name: string }): ReactNode {
  const rename = useDecision(renameList)
  const [editing, setEditing] = useState(false)
  if (editing) {
    return (
      <RenameForm
        label="New name of the list"
        current={name}
        decision={rename}
        onSave={(text, seen) => rename.execute({ listId, name: text, seen })}
        onClose={() => setEditing(false)}
      />
    )
  }
  return (
    <div className="list-name">
      <h1>{name}</h1>
      <button
        type="button"
        className="icon"
        aria-label="Rename the list"
        onClick={() => setEditing(true)}
      >
        <PencilIcon />
      </button>
    </div>
  )
}

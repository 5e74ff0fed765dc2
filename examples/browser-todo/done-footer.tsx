import { useDecision } from 'eventfold/react'
import type { ReactNode } from 'react'
import { listId } from './store.ts'
import { removeDone } from './todo-decisions.ts'
import { plural } from './wording.ts'

interface Props {
  readonly done: number
  readonly attempt: (work: Promise<unknown>) => Promise<boolean>
}

export function DoneFooter({ done, attempt }: Props): ReactNode {
  const remove = useDecision(removeDone)
  if (done === 0) return null
  const clear = async (): Promise<void> => {
    if (await attempt(remove.execute({ listId }))) document.getElementById('new-todo')?.focus()
  }
  return (
    <button
      type="button"
      className="quiet"
      aria-disabled={remove.pending}
      onClick={() => void clear()}
    >
      Remove {plural(done, 'to-do')} that {done === 1 ? 'is' : 'are'} done
    </button>
  )
}

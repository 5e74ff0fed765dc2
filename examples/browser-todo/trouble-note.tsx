import type { ReactNode } from 'react'
import type { Trouble } from './trouble.ts'

interface Props {
  readonly trouble: Trouble
  readonly onDismiss: () => void
}

/** Why something was not done: it stays until it has been read. */
export function TroubleNote({ trouble, onDismiss }: Props): ReactNode {
  const { title, advice, reload } = trouble
  return (
    <div className="note" role="alert">
      <p>
        <strong>{title}</strong> {advice}
      </p>
      {reload && (
        <button type="button" onClick={() => location.reload()}>
          Reload
        </button>
      )}
      <button type="button" onClick={onDismiss}>
        Dismiss
      </button>
    </div>
  )
}

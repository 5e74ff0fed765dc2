import { isEventfoldError } from 'eventfold'
import { useEffect, useId, useRef, useState, type FormEvent, type ReactNode } from 'react'
import { explain } from './trouble.ts'

interface Props {
  readonly label: string
  readonly current: string
  readonly decision: {
    readonly error: unknown
    readonly pending: boolean
    readonly reset: () => void
  }
  readonly onSave: (text: string, seen: string) => Promise<unknown>
  readonly onClose: () => void
}

/** Replaces a text that was seen. Enter saves, Escape leaves it as it is. */
export function RenameForm({ label, current, decision, onSave, onClose }: Props): ReactNode {
  const [text, setText] = useState(current)
  const [seen, setSeen] = useState(current)
  const input = useRef<HTMLInputElement>(null)
  const errorId = useId()
  useEffect(() => input.current?.select(), [])

  const close = (): void => {
    decision.reset()
    onClose()
  }
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (decision.pending) return
    try {
      await onSave(text, seen)
      close()
    } catch (error) {
      // Who is told what it is called by now has seen it, and may replace it.
      if (isEventfoldError(error, 'REJECTED') && typeof error.details === 'string') {
        setSeen(error.details)
      }
    }
  }
  return (
    <form
      className="rename"
      noValidate
      onSubmit={(event) => void submit(event)}
      onKeyDown={(event) => event.key === 'Escape' && close()}
    >
      <input
        ref={input}
        autoFocus
        value={text}
        autoComplete="off"
        enterKeyHint="done"
        aria-label={label}
        aria-invalid={decision.error !== undefined}
        aria-describedby={errorId}
        onChange={(event) => {
          setText(event.target.value)
          if (decision.error) decision.reset()
        }}
      />
      <button type="submit" className="primary" aria-disabled={decision.pending}>
        Save
      </button>
      <button type="button" className="plain" onClick={close}>
        Cancel
      </button>
      <p id={errorId} className="error" role="alert">
        {decision.error !== undefined && explain(decision.error).title}
      </p>
    </form>
  )
}

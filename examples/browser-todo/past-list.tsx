import type { ReactNode } from 'react'
import type { Moment } from './history.ts'
import { clock } from './clock.ts'
import { plural } from './wording.ts'

interface Props {
  readonly moment: Moment
  /** How many events have happened since. */
  readonly newer: number
}

/** The list as it was. Nothing here can be changed, so nothing here is a control. */
export function PastList({ moment, newer }: Props): ReactNode {
  const { position, timestamp, list } = moment
  const { name, todos } = list
  return (
    <>
      <div className="banner">
        <p>
          <strong>This is the past.</strong> The list as it was at position {position},{' '}
          <time dateTime={timestamp}>{clock(timestamp)}</time>. It can be read, not changed.
        </p>
        <p>{plural(newer, 'newer event')} since then.</p>
      </div>
      <h1>{name}</h1>
      {todos.length === 0 ? (
        <p className="empty">
          <strong>Nothing was to do.</strong>
        </p>
      ) : (
        <ul className="todos" aria-label={`To-dos at position ${position}`}>
          {todos.map(({ id, title, done }) => (
            <li key={id} className={done ? 'done' : ''}>
              <span className="mark" aria-hidden="true" />
              <span>
                {title}
                <span className="unseen">{done ? ', done' : ', open'}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

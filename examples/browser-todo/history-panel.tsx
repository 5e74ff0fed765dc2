import { useEffect, useRef, useState, type ReactNode } from 'react'
import { clock } from './clock.ts'
import type { Moment } from './history.ts'
import { TabName } from './tab-name.tsx'
import { plural } from './wording.ts'

interface Props {
  readonly moments: readonly Moment[]
  /** The one that is shown, where it is not now. */
  readonly moment: Moment | undefined
  readonly onChoose: (position: number) => void
}

const PAGE = 50

/** All events in words, the newest first. Each leads to the list as it was then. */
export function HistoryPanel({ moments, moment, onChoose }: Props): ReactNode {
  const [wanted, setWanted] = useState(PAGE)
  const shown = moment ?? moments.at(-1)
  const list = useRef<HTMLOListElement>(null)
  const current = useRef<HTMLLIElement>(null)
  const fromEnd = shown ? moments.length - moments.indexOf(shown) : 0
  const count = Math.min(moments.length, Math.max(wanted, fromEnd))

  useEffect(() => bringIntoView(list.current, current.current), [shown?.position])

  return (
    <section className="sheet history" aria-labelledby="history-title">
      <h2 id="history-title">
        History <small>{plural(moments.length, 'event')}</small>
      </h2>
      <ol ref={list} reversed>
        {moments
          .slice(-count)
          .toReversed()
          .map((one) => (
            <li key={one.position} ref={one === shown ? current : null}>
              <button
                type="button"
                aria-current={one === shown ? 'step' : undefined}
                onClick={() => onChoose(one.position)}
              >
                <span className="position">{one.position}</span>
                <span className="words">{one.words}</span>
                <span className="origin">
                  <TabName name={one.tab} />
                  <time dateTime={one.timestamp}>{clock(one.timestamp)}</time>
                </span>
              </button>
            </li>
          ))}
      </ol>
      {count < moments.length && (
        <button type="button" className="quiet" onClick={() => setWanted(count + PAGE)}>
          Show {plural(Math.min(PAGE, moments.length - count), 'older event')}
        </button>
      )}
    </section>
  )
}

/** Moves the list alone, never the page. */
function bringIntoView(list: HTMLElement | null, item: HTMLElement | null): void {
  if (!list || !item) return
  const [frame, box] = [list.getBoundingClientRect(), item.getBoundingClientRect()]
  if (box.top < frame.top) list.scrollTop -= frame.top - box.top
  if (box.bottom > frame.bottom) list.scrollTop += box.bottom - frame.bottom
}

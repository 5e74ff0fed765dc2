import { useRef, type CSSProperties, type ReactNode } from 'react'
import { clock } from './clock.ts'
import type { Moment } from './history.ts'
import { TabName } from './tab-name.tsx'
import { hueOf } from './tab.ts'

interface Props {
  readonly moments: readonly Moment[]
  /** The one that is shown, where it is not now. */
  readonly moment: Moment | undefined
  readonly onChoose: (position?: number) => void
}

const MOST_MARKS = 120

/** A slider over all positions. At its right end is now, and what happens moves it along. */
export function TimeBar({ moments, moment, onChoose }: Props): ReactNode {
  const slider = useRef<HTMLInputElement>(null)
  const shown = moment ?? moments.at(-1)
  if (!shown) return null
  const index = moments.indexOf(shown)
  const last = moments.length - 1
  const place = last === 0 ? 1 : index / last
  const backToNow = (): void => {
    onChoose()
    // The button goes away: whoever uses the keyboard goes on from the slider.
    slider.current?.focus()
  }
  return (
    <section className="time-bar" aria-label="Time travel">
      <p className="reading">
        <strong>
          {moment ? `Position ${shown.position} of ${moments.at(-1)?.position}` : 'Now'}
        </strong>
        <span>
          {shown.words} <TabName name={shown.tab} />
        </span>
      </p>
      <div className="track" style={{ '--place': place } as CSSProperties}>
        {moments.length <= MOST_MARKS && (
          <div className="marks" aria-hidden="true">
            {moments.map(({ position, tab }) => (
              <span key={position} style={{ '--hue': hueOf(tab) } as CSSProperties} />
            ))}
          </div>
        )}
        <input
          ref={slider}
          type="range"
          min={0}
          max={last}
          value={index}
          aria-label="Position in the history"
          aria-valuetext={spoken(shown, moment === undefined)}
          onChange={(event) => onChoose(moments[event.target.valueAsNumber]?.position)}
          onKeyDown={(event) => event.key === 'Escape' && onChoose()}
        />
      </div>
      <button type="button" className="primary" hidden={!moment} onClick={backToNow}>
        Back to now
      </button>
    </section>
  )
}

function spoken({ position, words, tab, timestamp }: Moment, isNow: boolean): string {
  const event = `position ${position}: ${words}, by ${tab}, ${clock(timestamp)}`
  return isNow ? `Now, ${event}` : `The past, ${event}`
}

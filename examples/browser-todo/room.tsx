import { useProjection } from 'eventfold/react'
import { Activity, useState, type ReactNode } from 'react'
import { CurrentList } from './current-list.tsx'
import { history } from './history.ts'
import { HistoryPanel } from './history-panel.tsx'
import { PastList } from './past-list.tsx'
import { listId } from './store.ts'
import { TimeBar } from './time-bar.tsx'
import { todoList } from './todo-list.ts'
import { Welcome } from './welcome.tsx'

/** The list and its history, now or at the position that was travelled to. */
export function Room({ tab }: { readonly tab: string }): ReactNode {
  const { state: list } = useProjection(todoList, listId)
  const { state: moments } = useProjection(history, listId)
  const [position, travelTo] = useState<number>()
  const moment = moments.find((one) => one.position === position)
  const latest = moments.at(-1)

  if (!list.name || !latest) return <Welcome />
  // The newest position is now: whoever goes there follows what happens next.
  const choose = (to?: number): void => travelTo(to === latest.position ? undefined : to)
  return (
    <div className={moment ? 'room past' : 'room'}>
      <title>{`${list.name} · ${tab}`}</title>
      <main className="sheet">
        {moment && (
          <PastList moment={moment} newer={moments.length - 1 - moments.indexOf(moment)} />
        )}
        {/* Hidden, not gone: what somebody was writing is still there when they are back. */}
        <Activity mode={moment ? 'hidden' : 'visible'}>
          <CurrentList list={list} latest={latest} />
        </Activity>
      </main>
      <HistoryPanel moments={moments} moment={moment} onChoose={choose} />
      <TimeBar moments={moments} moment={moment} onChoose={choose} />
    </div>
  )
}

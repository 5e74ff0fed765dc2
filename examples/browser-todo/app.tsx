import { EventClientProvider } from 'eventfold/react'
import { Suspense, type ReactNode } from 'react'
import { Header } from './header.tsx'
import { Room } from './room.tsx'
import { client } from './store.ts'
import { TroubleBoundary } from './trouble-boundary.tsx'

export function App({ tab }: { readonly tab: string }): ReactNode {
  return (
    <EventClientProvider client={client}>
      <Header tab={tab} />
      <TroubleBoundary>
        <Suspense fallback={<Loading />}>
          <Room tab={tab} />
        </Suspense>
      </TroubleBoundary>
    </EventClientProvider>
  )
}

/** It shows itself only where opening takes longer than a blink. */
function Loading(): ReactNode {
  return (
    <main className="sheet message loading" role="status">
      <title>To-dos</title>
      <p>Opening the list…</p>
    </main>
  )
}

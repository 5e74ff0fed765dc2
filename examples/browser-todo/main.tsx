/** `npm run example:browser-todo`: see `README.md` beside this file. */
import { setEventContext } from 'eventfold'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { takeTabName } from './tab.ts'

const tab = await takeTabName()
// From now on every event that this page writes says which tab it came from.
setEventContext({ source: tab })

createRoot(document.querySelector('#app')!).render(
  <StrictMode>
    <App tab={tab} />
  </StrictMode>,
)

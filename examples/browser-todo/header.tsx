import type { ReactNode } from 'react'
import { TabName } from './tab-name.tsx'

export function Header({ tab }: { readonly tab: string }): ReactNode {
  return (
    <header className="header">
      <p className="wordmark">
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M3 4h11l7 7v9H3z" fill="currentColor" opacity="0.25" />
          <path d="M14 4v7h7z" fill="currentColor" />
          <path d="m7 14 3 3 6-6" fill="none" stroke="currentColor" strokeWidth="2.2" />
        </svg>
        Eventfold to-dos
      </p>
      <p className="this-tab">
        This tab is <TabName name={tab} />
      </p>
      <a href="./" target="_blank" rel="noopener">
        Open another tab
      </a>
    </header>
  )
}

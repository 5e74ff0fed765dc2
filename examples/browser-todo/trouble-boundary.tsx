import { Component, type ReactNode } from 'react'
import { explain } from './trouble.ts'

interface Props {
  readonly children: ReactNode
}

/** Where the list cannot be read at all, this is the page. */
export class TroubleBoundary extends Component<Props, { error?: unknown }> {
  override state: { error?: unknown } = {}

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error }
  }

  override render(): ReactNode {
    if (!('error' in this.state)) return this.props.children
    const { title, advice } = explain(this.state.error)
    return (
      <main className="sheet message">
        <title>Trouble · To-dos</title>
        <div role="alert">
          <h1>{title}</h1>
          <p>{advice}</p>
        </div>
        <button type="button" className="primary" onClick={() => location.reload()}>
          Reload the page
        </button>
      </main>
    )
  }
}

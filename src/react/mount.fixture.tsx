import { Component, StrictMode, Suspense, type ReactElement, type ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import { EventClientProvider } from 'eventfold/react'
import { onTestFinished } from 'vitest'
import type { CartClient } from './cart.fixture.ts'

export interface Mounted {
  readonly element: HTMLElement
  readonly text: () => string
  /** Every text that it has shown. */
  readonly seen: string[]
  readonly click: (label: string) => void
  readonly show: (children: ReactNode) => void
  readonly unmount: () => void
}

/** Puts components on the page, with a client, a fallback and an error boundary around them. */
export function mount(
  client: CartClient,
  children: ReactNode,
  options: { readonly strict?: boolean } = {},
): Mounted {
  const element = document.createElement('main')
  document.body.append(element)
  const root = createRoot(element)
  const show = (inner: ReactNode): void => {
    const page = (
      <EventClientProvider client={client}>
        <ErrorBoundary>
          <Suspense fallback="Loading…">{inner}</Suspense>
        </ErrorBoundary>
      </EventClientProvider>
    )
    root.render(options.strict ? <StrictMode>{page}</StrictMode> : page)
  }
  const seen: string[] = []
  new MutationObserver(() => seen.push(...element.innerText.split('\n'))).observe(element, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
  })
  let isMounted = true
  const unmount = (): void => {
    if (isMounted) root.unmount()
    isMounted = false
    element.remove()
  }
  onTestFinished(unmount)
  show(children)
  return {
    element,
    text: () => element.innerText,
    seen,
    click: (label) => {
      const buttons = [...element.querySelectorAll('button')]
      const found = buttons.find(({ innerText }) => innerText === label)
      if (!found) throw new Error(`no button "${label}" in: ${element.innerHTML}`)
      found.click()
    },
    show,
    unmount,
  }
}

interface Caught {
  readonly error?: unknown
}

/** Shows an error, and tries again. */
class ErrorBoundary extends Component<{ readonly children: ReactNode }, Caught> {
  override state: Caught = {}

  static getDerivedStateFromError(error: unknown): Caught {
    return { error }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (error === undefined) return this.props.children
    return (
      <p>
        Failed: {(error as Error).message}
        <button onClick={() => this.setState({ error: undefined })}>Try again</button>
      </p>
    )
  }
}

/** Keeps the processor busy, so that React has to render in several slices. */
export function Slow({ milliseconds }: { readonly milliseconds: number }): ReactElement {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
  return <></>
}

/** What would be printed as an error, for React prints all that it hands to an error boundary. */
export function withoutConsole(): unknown[][] {
  const printed: unknown[][] = []
  const { error } = console
  console.error = (...words: unknown[]) => void printed.push(words)
  onTestFinished(() => void (console.error = error))
  return printed
}

import { isPlainObject } from '../event/plain.ts'
import type { ProjectionView } from '../project/define-projection.ts'
import { isEventfoldError } from '../store/errors.ts'

/** Where a view comes from. */
export interface ViewSource<State> {
  /** Loads the view; with `from` it goes on from there, and gives the same state where nothing changed it. */
  readonly load: (from?: ProjectionView<State>) => Promise<ProjectionView<State>>
  /** Calls the listener soon after commits. Returns the function that ends it. */
  readonly watch: (listener: () => void) => () => void
}

/** What components find: the same object until there is another view. */
export type Shown<State> =
  | { readonly status: 'loading'; readonly loaded: Promise<void> }
  | { readonly status: 'ready'; readonly view: ProjectionView<State> }
  | { readonly status: 'failed'; readonly error: unknown; readonly at: number }

/** A view that all components share which show it. It follows the log while there are any. */
export interface LiveView<State> {
  readonly shown: () => Shown<State>
  readonly subscribe: (listener: () => void) => () => void
  /** Loads what has failed again, for those who look now. */
  readonly again: () => void
}

/** Milliseconds for which a view is kept that nobody shows: of what suspends, and of what comes back. */
export const KEPT = 30_000
/** Milliseconds after which a view that could not be had now is asked for again. */
export const PAUSE = 1_000

/** Begins to load a view. `end` is called when nobody has shown it for a while. */
export function liveView<State>(source: ViewSource<State>, end: () => void): LiveView<State> {
  const listeners = new Set<() => void>()
  /** What was loaded last. Where nothing matched since, what is shown has an older cursor. */
  let newest: ProjectionView<State> | undefined
  /** Whether something was committed since the newest view was asked for. */
  let isOld = false
  let isRunning = false
  let timer: ReturnType<typeof setTimeout> | undefined

  const after = (milliseconds: number, work: () => void): void => {
    clearTimeout(timer)
    timer = setTimeout(work, milliseconds)
    // In Node it would keep the process alive.
    ;(timer as { unref?: () => void }).unref?.()
  }
  const leave = (): void =>
    after(KEPT, () => {
      unwatch()
      end()
    })
  const show = (changed: Shown<State>): void => {
    shown = changed
    for (const listener of listeners) listener()
  }

  const fail = (error: unknown): void => {
    isOld = true
    if (!newest || !isEventfoldError(error) || !error.retryable) {
      show({ status: 'failed', error, at: Date.now() })
    } else if (listeners.size > 0) {
      after(PAUSE, () => void update())
    }
  }
  const update = async (): Promise<void> => {
    if (isRunning) return
    isRunning = true
    clearTimeout(timer)
    try {
      do {
        isOld = false
        const view = await next(source, newest)
        const isSame = shown.status === 'ready' && Object.is(shown.view.state, view.state)
        newest = view
        if (!isSame) show({ status: 'ready', view })
      } while (isOld && listeners.size > 0)
    } catch (error) {
      fail(error)
    }
    isRunning = false
    if (listeners.size === 0) leave()
  }

  // Before the first load, so that nothing is missed between them.
  const unwatch = source.watch(() => {
    isOld = true
    if (listeners.size > 0) void update()
  })
  let shown: Shown<State> = { status: 'loading', loaded: Promise.resolve().then(update) }

  return {
    shown: () => shown,
    subscribe: (listener) => {
      // One function may listen twice.
      const own = (): void => listener()
      listeners.add(own)
      if (isOld && shown.status === 'ready') void update()
      else if (!isRunning) clearTimeout(timer)
      return () => {
        listeners.delete(own)
        if (listeners.size === 0 && !isRunning) leave()
      }
    },
    again: () => {
      if (shown.status !== 'failed' || isRunning) return
      shown = { status: 'loading', loaded: update() }
    },
  }
}

/** The next view. What cannot be added to the one on display, for it changes that, is loaded anew. */
async function next<State>(
  source: ViewSource<State>,
  from: ProjectionView<State> | undefined,
): Promise<ProjectionView<State>> {
  try {
    const view = await source.load(from)
    freeze(view.state)
    return view
  } catch (error) {
    if (!from || isEventfoldError(error)) throw error
    return next(source, undefined)
  }
}

/** Components would not notice a change of what they show. */
function freeze(value: unknown): void {
  if (!(Array.isArray(value) || isPlainObject(value)) || Object.isFrozen(value)) return
  Object.freeze(value)
  for (const inner of Object.values(value)) freeze(inner)
}

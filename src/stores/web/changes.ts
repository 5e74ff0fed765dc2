import { refuse } from '../../store/check-value.ts'

/** Tells everybody who has the same log open that something was committed. */
export interface Changes {
  /** Tells the listeners of this store and of all others on the log, soon, once for what happens until then. */
  readonly announce: () => void
  /** Calls the listeners of this store, when what was committed elsewhere was noticed in another way. */
  readonly notice: () => void
  /** Returns the function that ends it. */
  readonly add: (listener: () => void) => () => void
  readonly stop: () => void
}

/** Where announcements go, and where they come from. */
interface Channel {
  readonly post: () => void
  readonly close: () => void
}

/** Announcements to all tabs and workers that have the log of this name open. */
export function acrossTabs(name: string): Changes {
  return createChanges((hear) => {
    if (typeof BroadcastChannel === 'undefined') return { post: () => {}, close: () => {} }
    const channel = new BroadcastChannel(name)
    channel.addEventListener('message', hear)
    // In Node it would keep the process alive.
    ;(channel as { unref?: () => void }).unref?.()
    return { post: () => channel.postMessage(null), close: () => channel.close() }
  })
}

/** Milliseconds between two announcements to others: each costs as much as a small commit. */
const PAUSE = 20

const heard = new WeakMap<object, Set<() => void>>()

/** Announcements to those who have a log in the same object open: what one tab has for itself. */
export function withinTab(storage: object): Changes {
  return createChanges((hear) => {
    const all = heard.get(storage) ?? new Set()
    heard.set(storage, all)
    all.add(hear)
    const post = (): void => {
      for (const each of all) if (each !== hear) each()
    }
    return { post, close: () => all.delete(hear) }
  })
}

function createChanges(open: (hear: () => void) => Channel): Changes {
  const listeners = new Set<() => void>()
  let pending = false
  const notice = (): void => {
    if (pending || listeners.size === 0) return
    pending = true
    setTimeout(() => {
      pending = false
      // Each on its own, so that one that throws keeps nothing from the others.
      for (const listener of listeners) queueMicrotask(listener)
    })
  }
  /** Tells also of what was owed by one that is gone, or that is in the background, where it is slow. */
  let late: ReturnType<typeof setTimeout> | undefined
  const channel = open(() => {
    notice()
    clearTimeout(late)
    late = inBackground(notice, 3 * PAUSE)
  })
  let resting = 0
  let owed: ReturnType<typeof setTimeout> | undefined
  const post = (): void => {
    const rest = resting - performance.now()
    if (rest > 0) {
      owed ??= inBackground(() => {
        owed = undefined
        post()
      }, rest)
    } else {
      channel.post()
      resting = performance.now() + PAUSE
    }
  }
  return {
    announce: () => {
      notice()
      post()
    },
    notice,
    add: (listener) => {
      if (typeof listener !== 'function') refuse(['watch'], 'a function', listener)
      // One function may listen twice.
      const own = (): void => listener()
      listeners.add(own)
      return () => listeners.delete(own)
    },
    stop: () => {
      listeners.clear()
      clearTimeout(owed)
      if (owed !== undefined) channel.post()
      owed = undefined
      channel.close()
    },
  }
}

/** In Node it does not keep the process alive. */
function inBackground(work: () => void, milliseconds: number): ReturnType<typeof setTimeout> {
  const timer = setTimeout(work, milliseconds)
  ;(timer as { unref?: () => void }).unref?.()
  return timer
}

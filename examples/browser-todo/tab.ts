const KEY = 'browser-todo/tab'
const NAMES =
  'Heron Wren Magpie Kestrel Finch Plover Swift Robin Curlew Osprey Teal Avocet Dunlin Jay'.split(
    ' ',
  )

/** A name for this tab, which no other tab has now. It survives a reload. */
export async function takeTabName(): Promise<string> {
  const kept = keptName()
  const start = Math.floor(Math.random() * NAMES.length)
  const others = [...NAMES.slice(start), ...NAMES.slice(0, start)]
  for (const name of kept ? [kept, ...others] : others) {
    if (await hold(name, name === kept)) {
      keep(name)
      return name
    }
  }
  return 'Sparrow'
}

/** The colour of a tab. */
export const hueOf = (name: string): number =>
  (Math.max(NAMES.indexOf(name), 0) * 360 * 7) / NAMES.length + 200

/** A duplicated tab has its original's name in its storage: the lock says whose it is. */
async function hold(name: string, wasOurs: boolean): Promise<boolean> {
  // After a reload the page before may still be leaving.
  const options = wasOurs ? { signal: AbortSignal.timeout(500) } : { ifAvailable: true }
  return new Promise((resolve) => {
    const forever = (lock: unknown) => {
      resolve(lock !== null)
      return lock === null ? undefined : new Promise(() => {})
    }
    const { locks } = navigator as { locks?: LockManager }
    if (!locks) return resolve(true)
    locks.request(`${KEY}/${name}`, options, forever).catch((error: unknown) => {
      const taken = error instanceof DOMException && /Abort|Timeout/.test(error.name)
      // Where locks are denied, storage is too, and the page says so.
      resolve(!taken)
    })
  })
}

function keptName(): string | null {
  try {
    return sessionStorage.getItem(KEY)
  } catch {
    return null
  }
}

function keep(name: string): void {
  try {
    sessionStorage.setItem(KEY, name)
  } catch {
    // Then the next reload gives another name.
  }
}

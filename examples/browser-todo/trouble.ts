import { isEventfoldError, type StoreFault } from 'eventfold'

/** What happened, and what somebody who is no engineer can do about it. */
export interface Trouble {
  readonly title: string
  readonly advice: string
  /** What a reload of the page mends. */
  readonly reload?: boolean
}

const faults: Partial<Record<StoreFault, Trouble>> = {
  denied: {
    title: 'This browser does not let the page store anything',
    advice:
      'Allow storage for this site in the settings of the browser, or leave its private mode. Then reload.',
    reload: true,
  },
  full: {
    title: 'There is no room left',
    advice:
      'Nothing was saved just now, and nothing was lost. Free some space on this device, or delete data of other sites, and try again.',
  },
  'newer-version': {
    title: 'A newer version of this page is open',
    advice: 'It has brought the list into a newer form. Reload to use that version here, too.',
    reload: true,
  },
  cleared: {
    title: 'The list is gone',
    advice:
      'Somebody has deleted the data of this site while the page was open. Reload to begin a new list.',
    reload: true,
  },
  busy: {
    title: 'Another tab keeps the list busy',
    advice: 'Wait a moment, or close other tabs of this page, and try again.',
    reload: true,
  },
  'not-a-log': {
    title: 'The stored list is damaged',
    advice:
      'It cannot be read any more. Delete the data of this site in the settings of the browser to begin anew.',
  },
}

/** Says an error in words: what was refused by a rule speaks for itself. */
export function explain(error: unknown): Trouble {
  if (isEventfoldError(error, 'REJECTED')) return { title: error.message, advice: '' }
  if (isEventfoldError(error, 'CONFLICT')) {
    return { title: 'Other tabs were faster, again and again', advice: 'Try once more.' }
  }
  const known = isEventfoldError(error, 'STORE') ? faults[error.fault] : undefined
  if (known) return known
  const message = error instanceof Error ? error.message : String(error)
  return { title: 'Something went wrong', advice: message, reload: true }
}

import { appends } from './browser-appends.ts'
import { local } from './browser-local.ts'
import { fill, firstRead, reads } from './browser-reads.ts'

/** What runs in the page: each part answers when it is done, with what it measured. */
const parts = { fill, reads, firstRead, appends, local }

export type Parts = typeof parts

Object.assign(globalThis, { bench: parts })

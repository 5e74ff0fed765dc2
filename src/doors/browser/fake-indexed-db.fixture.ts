import { IDBKeyRange, indexedDB } from 'fake-indexeddb'

// For Node, where there is none. A browser never loads this.
Object.assign(globalThis, { indexedDB, IDBKeyRange })

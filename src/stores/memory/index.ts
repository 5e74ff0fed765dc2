/** A log in memory. @module */
export { MemoryEventStore, type MemoryOptions } from './store.ts'

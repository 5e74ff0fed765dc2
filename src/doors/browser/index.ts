/** Logs in the storages of a browser. @module */
export {
  reindexIndexedDB,
  type IndexedDBOptions,
  type ReindexOptions,
} from '../../stores/web/indexed-db/index.ts'
export type {
  LocalStorageOptions,
  StorageLike,
  WebStorageOptions,
} from '../../stores/web/web-storage/index.ts'
export type { AggregateChange, ChangeListener } from './changes.ts'
export { IndexedDBEventStore } from './indexed-db.ts'
export { LocalStorageEventStore, WebStorageEventStore } from './web-storage.ts'

// IndexedDB for Node, where there is none. A browser never loads this.
import 'fake-indexeddb/auto'

import { expect, onTestFinished, test } from 'vitest'
import { openIndexedDB } from './indexed-db/index.ts'

const COUNT = 4
const url = (path: string): string => new URL(path, import.meta.url).href

/** Commits some events, one after the other, and says so. */
const program = (name: string, say: string): string => `
  import { openIndexedDB } from '${url('./indexed-db/index.ts')}'
  const store = openIndexedDB({ name: '${name}', durability: 'relaxed' })
  for (let n = 0; n < ${COUNT}; n += 1) await store.commit({ events: [{ type: 'A', data: { n } }] })
  ${say}`

/** Each is gone as soon as its commits were answered. */
const others = {
  page: async (name: string) => {
    const frame = document.createElement('iframe')
    frame.srcdoc = `<script type="module">${program(name, "parent.postMessage('done', '*')")}</script>`
    const done = new Promise<void>((resolve) => {
      const hear = ({ source }: MessageEvent): void => {
        if (source === frame.contentWindow) resolve(frame.remove())
      }
      addEventListener('message', hear)
      onTestFinished(() => removeEventListener('message', hear))
    })
    document.body.append(frame)
    await done
  },
  worker: async (name: string) => {
    const code = new Blob([program(name, "postMessage('done')")], { type: 'text/javascript' })
    const worker = new Worker(URL.createObjectURL(code), { type: 'module' })
    await new Promise((resolve) => worker.addEventListener('message', resolve))
    worker.terminate()
  },
}

test.each(['page', 'worker'] as const)(
  'what a %s committed right before it was gone is told',
  async (kind) => {
    const name = crypto.randomUUID()
    await using store = openIndexedDB({ name })
    await store.load('all')
    let seen = 0
    store.watch?.(() => {
      void store.load('all').then(({ events }) => (seen = events.length))
    })
    await others[kind](name)
    await expect.poll(() => seen).toBe(COUNT)
  },
)

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { browsing } from './tabs.fixture.ts'

const dist = mkdtempSync(join(tmpdir(), 'eventfold-dist-'))
beforeAll(() => {
  const options = ['-p', 'tsconfig.build.json', '--outDir', dist]
  expect(spawnSync('node_modules/.bin/tsc', options, { encoding: 'utf8' }).stdout).toBe('')
})
afterAll(() => rmSync(dist, { recursive: true }))

/** Where a page finds the doors, as package.json names them. */
const doorOf = (door: '.' | './browser'): string => manifest.exports[door].default.slice(1)

const script = (core: string, browser: string): string => `
  <script type="module">
    import { createEventClient, defineDecision, defineEvents, reject } from '${core}'
    import { IndexedDBEventStore, LocalStorageEventStore } from '${browser}'

    const todo = { '~standard': { version: 1, vendor: 'page', validate: (value) => ({ value }) } }
    const events = defineEvents({ TODO_ADDED: todo })
    const addTodo = defineDecision(events, {
      streams: ({ title }) => [{ types: ['TODO_ADDED'], filter: { title } }],
      initialState: false,
      evolve: { TODO_ADDED: () => true },
      decide: (data, isThere) => isThere ? reject('twice') : { type: 'TODO_ADDED', data },
    })
    const found = {}
    for (const store of [new IndexedDBEventStore({ name: 'todos' }), new LocalStorageEventStore({ namespace: 'todos' })]) {
      const client = createEventClient({ store, events })
      await addTodo.execute(client, { title: 'milk' })
      const twice = await addTodo.execute(client, { title: 'milk' }).catch(({ code }) => code)
      const added = await client.getEventStream({ types: ['TODO_ADDED'] })
      found[store.constructor.name] = [twice, ...added.map(({ data }) => data.title)]
      await store.close()
    }
    globalThis.found = found
  </script>`

const importMap = { eventfold: doorOf('.'), 'eventfold/browser': doorOf('./browser') }
const { openTabs } = browsing({
  dist: () => dist,
  pages: {
    '/relative': script(`.${doorOf('.')}`, `.${doorOf('./browser')}`),
    '/import-map':
      `<script type="importmap">${JSON.stringify({ imports: importMap })}</script>` +
      script('eventfold', 'eventfold/browser'),
  },
})

test.each(['/relative', '/import-map'])(
  'a page without a bundler runs what was built: %s',
  async (path) => {
    await using tabs = await openTabs()
    const page = await tabs.context.newPage()
    const wrong: string[] = []
    page.on('console', (message) => wrong.push(message.text()))
    page.on('requestfailed', (request) => wrong.push(request.url()))
    const failed = page.waitForEvent('pageerror').then((error) => Promise.reject(error))
    failed.catch(() => {})
    await page.goto(tabs.origin + path)
    await Promise.race([page.waitForFunction(() => 'found' in globalThis), failed])
    const titles = ['REJECTED', 'milk']
    expect(await page.evaluate(() => (globalThis as unknown as { found: unknown }).found)).toEqual({
      IndexedDBEventStore: titles,
      LocalStorageEventStore: titles,
    })
    expect(wrong).toEqual([])
  },
)

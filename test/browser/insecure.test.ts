import { expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import { browsing, type Tabs } from './tabs.fixture.ts'

declare const eventfold: typeof import('./page.fixture.ts')

const { openTabs } = browsing()
const name = 'insecure'

/** Opens the site under a name that no browser takes for secure, and notes what the page warns of. */
async function openInsecurely({
  context,
  origin,
}: Tabs): Promise<{ page: Page; warned: string[] }> {
  const page = await context.newPage()
  const warned: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'warning') warned.push(message.text())
  })
  await page.route('http://shop.example/**', async (route) => {
    const { pathname } = new URL(route.request().url())
    await route.fulfill({ response: await route.fetch({ url: origin + pathname }) })
  })
  await page.goto('http://shop.example/')
  expect(await page.evaluate(() => [isSecureContext, 'locks' in navigator])).toEqual([false, false])
  return { page, warned }
}

test('a page without Web Locks has localStorage, and is told what it does not guarantee', async () => {
  await using tabs = await openTabs()
  const [here, there] = [await openInsecurely(tabs), await openInsecurely(tabs)]
  const found = await here.page.evaluate(async (file) => {
    const log = eventfold.store('localStorage', file)
    await eventfold.count(log, 'here', 5)
    return {
      acrossTabs: 'acrossTabs' in log && log.acrossTabs,
      faults: await eventfold.faultsOf(log),
    }
  }, name)
  expect(found).toEqual({ acrossTabs: false, faults: [] })
  expect(here.warned).toEqual([expect.stringMatching(/"insecure".*not safe across tabs.*HTTPS/s)])
  // One after the other, tabs go on where the one before has ended.
  await expect
    .poll(() =>
      there.page.evaluate(
        async (file) => (await eventfold.everything(eventfold.store('localStorage', file))).length,
        name,
      ),
    )
    .toBe(10)
})

test('IndexedDB needs no Web Locks: tabs that count at once lose and repeat nothing', async () => {
  await using tabs = await openTabs()
  const opened = [await openInsecurely(tabs), await openInsecurely(tabs)]
  await Promise.all(
    opened.map(({ page }, tab) =>
      page.evaluate(
        ([file, writer]) => eventfold.count(eventfold.store('IndexedDB', file), writer, 50),
        [name, `tab ${tab}`] as const,
      ),
    ),
  )
  for (const { page, warned } of opened) {
    const found = await page.evaluate(async (file) => {
      const log = eventfold.store('IndexedDB', file)
      const events = await eventfold.everything(log)
      return { faults: await eventfold.faultsOf(log), count: events.length }
    }, name)
    expect(found).toEqual({ faults: [], count: 200 })
    expect(warned).toEqual([])
  }
})

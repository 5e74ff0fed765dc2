import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import axe from 'axe-core'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chromiumOptions } from './chromium.fixture.ts'

// The example as somebody has it who starts it and opens it in tabs.

let server: ChildProcess
let address = ''
let browser: Browser

beforeAll(async () => {
  const options = ['run', '-s', 'example:browser-todo', '--', '--port', '0', '--host', '127.0.0.1']
  // A group of its own, so that it ends with all that it has started.
  server = spawn('npm', options, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  address = await addressOf(server)
  browser = await chromium.launch(chromiumOptions())
})

afterAll(async () => {
  await browser?.close()
  if (server?.pid) process.kill(-server.pid)
})

function addressOf({ stdout, stderr }: ChildProcess): Promise<string> {
  const { promise, resolve: found, reject } = Promise.withResolvers<string>()
  let said = ''
  for (const stream of [stdout, stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += stripVTControlCharacters(text)
      const [url] = /http:\/\/127\.0\.0\.1:\d+\//u.exec(said) ?? []
      if (url) found(url)
    })
  }
  stdout?.on('close', () => reject(new Error(`the example has ended: ${said}`)))
  return promise
}

interface Tabs extends AsyncDisposable {
  readonly open: () => Promise<Page>
  readonly problems: string[]
}

/** Tabs that nobody has stored anything in; what they complain of is collected. */
async function freshTabs(options: BrowserContextOptions = {}): Promise<Tabs> {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(20_000)
  const problems: string[] = []
  context.on('weberror', (error) => problems.push(error.error().message))
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(message.text())
  })
  const open = async (): Promise<Page> => {
    const page = await context.newPage()
    await page.goto(address)
    return page
  }
  return { open, problems, [Symbol.asyncDispose]: () => context.close() }
}

async function createList(page: Page, name: string): Promise<void> {
  await page.getByLabel('Name of the list').fill(name)
  await page.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('heading', { name, exact: true }).waitFor()
}

async function add(page: Page, title: string): Promise<void> {
  await page.getByLabel('New to-do').fill(title)
  await page.getByLabel('New to-do').press('Enter')
  await todo(page, title).waitFor()
}

const todo = (page: Page, title: string) => page.getByRole('checkbox', { name: title, exact: true })
const done = (page: Page, title: string) =>
  page.getByRole('checkbox', { name: title, exact: true, checked: true })

async function complete(page: Page, title: string): Promise<void> {
  await todo(page, title).click()
  await done(page, title).waitFor()
}

/** What somebody sees of it: the list of now is hidden in the past, and not gone. */
const inList = (page: Page, title: string) =>
  page.getByRole('main').getByText(title).filter({ visible: true })
const slider = (page: Page) => page.getByRole('slider', { name: 'Position in the history' })

test('two tabs are in step, and a reload keeps everything', async () => {
  await using tabs = await freshTabs()
  const [one, two] = [await tabs.open(), await tabs.open()]
  await createList(one, 'Summer house')
  await two.getByRole('heading', { name: 'Summer house' }).waitFor()
  await add(one, 'Paint the fence')
  await todo(two, 'Paint the fence').waitFor()
  await add(two, 'Mow the lawn')
  await complete(one, 'Mow the lawn')
  await done(two, 'Mow the lawn').waitFor()

  await two.getByRole('button', { name: /Rename .*Paint the fence/ }).click()
  await two.getByRole('textbox', { name: /New title/ }).fill('Paint the gate')
  await two.keyboard.press('Enter')
  await todo(one, 'Paint the gate').waitFor()
  await one.getByRole('button', { name: /Remove .*Paint the gate/ }).click()
  await todo(two, 'Paint the gate').waitFor({ state: 'detached' })

  for (const page of [one, two]) {
    await page.reload()
    await done(page, 'Mow the lawn').waitFor()
    expect(await page.getByRole('checkbox').count()).toBe(1)
  }
  const words = await one
    .getByRole('region', { name: /History/ })
    .getByRole('listitem')
    .allInnerTexts()
  expect(words).toHaveLength(6)
  // Each event says which of the two tabs it came from.
  const tab = await one.locator('.this-tab').innerText()
  const name = tab.split(' ').at(-1) as string
  expect(words.filter((text) => text.includes(name))).toHaveLength(4)
  expect(tabs.problems).toEqual([])
})

test('a rule refuses in words, and what was written stays', async () => {
  await using tabs = await freshTabs()
  const page = await tabs.open()
  await createList(page, 'Errands')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  const alert = page.locator('#new-todo-error')
  await alert.filter({ hasText: /\w/ }).waitFor()
  for (let n = 1; n <= 7; n += 1) await add(page, `Errand ${n}`)
  await page.getByLabel('New to-do').fill('Errand 8')
  await page.getByLabel('New to-do').press('Enter')
  await alert.filter({ hasText: '7 to-dos are open' }).waitFor()
  expect(await page.getByLabel('New to-do').inputValue()).toBe('Errand 8')
  await complete(page, 'Errand 1')
  await add(page, 'Errand 8')
  expect(tabs.problems).toEqual([])
})

test('who is late is told what the other tab has done', async () => {
  await using tabs = await freshTabs()
  const [one, two] = [await tabs.open(), await tabs.open()]
  await createList(one, 'Garden')
  await add(one, 'Prune the roses')
  await add(one, 'Water the beans')

  await two.getByRole('button', { name: /Rename .*roses/ }).click()
  await one.getByRole('button', { name: /Rename .*roses/ }).click()
  await one.getByRole('textbox', { name: /New title/ }).fill('Prune the vines')
  await one.keyboard.press('Enter')
  await todo(one, 'Prune the vines').waitFor()
  await two.getByRole('textbox', { name: /New title/ }).fill('Prune the hedge')
  await two.keyboard.press('Enter')
  await two.getByText(/has renamed it to .*Prune the vines.* meanwhile/).waitFor()
  await two.keyboard.press('Escape')

  await two.getByRole('button', { name: /Rename .*beans/ }).click()
  await one.getByRole('button', { name: /Remove .*beans/ }).click()
  await two.getByText(/Another tab has removed .*beans/).waitFor()
  expect(tabs.problems).toEqual([])
})

test('the slider leads to any position by keyboard, and what happens meanwhile moves nobody', async () => {
  await using tabs = await freshTabs()
  const [one, two] = [await tabs.open(), await tabs.open()]
  await createList(one, 'Trip')
  await add(one, 'Book a train')
  await add(one, 'Pack a bag')
  await complete(one, 'Book a train')
  await one.getByText('4 events').waitFor()

  await slider(one).focus()
  await one.keyboard.press('ArrowLeft')
  await one.keyboard.press('ArrowLeft')
  expect(await slider(one).getAttribute('aria-valuetext')).toMatch(/^The past, position 2: /)
  await one.getByText('Position 2 of 4').waitFor()
  // As it was, and nothing can be done to it.
  await inList(one, 'Book a train').first().waitFor()
  expect(await inList(one, 'Pack a bag').count()).toBe(0)
  expect(await one.getByRole('checkbox').count()).toBe(0)

  await add(two, 'Water the plants')
  await one.getByText('Position 2 of 5').waitFor()
  expect(await inList(one, 'Water the plants').count()).toBe(0)

  await one.keyboard.press('Home')
  expect(await slider(one).getAttribute('aria-valuetext')).toMatch(/^The past, position 1: /)
  await one.getByRole('button', { name: 'Back to now' }).first().click()
  await todo(one, 'Water the plants').waitFor()
  await done(one, 'Book a train').waitFor()
  expect(await slider(one).getAttribute('aria-valuetext')).toMatch(/^Now, /)

  await one
    .getByRole('region', { name: /History/ })
    .getByRole('button')
    .last()
    .click()
  await one.getByText('Position 1 of 5').waitFor()
  expect(tabs.problems).toEqual([])
})

const screens = {
  'a phone': { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  'a desktop': { viewport: { width: 1280, height: 800 } },
}
const cases = Object.entries(screens).flatMap(([screen, options]) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ screen, colorScheme, options })),
)

test.each(cases)('on $screen in $colorScheme nothing is out of reach', async (one) => {
  const { colorScheme, options } = one
  await using tabs = await freshTabs({ ...options, colorScheme, reducedMotion: 'reduce' })
  const page = await tabs.open()
  await page.getByLabel('Name of the list').waitFor()
  expect(await violations(page), 'before the first event').toEqual([])
  await createList(page, 'A list with a rather long name, so that it has to wrap somewhere')
  await page.getByText('Nothing to do.').waitFor()
  await look(page, one, 'empty')
  await add(page, `Carry ${'a-very-long-word-'.repeat(3)}home`)
  await add(page, 'Feed the cat')
  await complete(page, 'Feed the cat')
  await page.getByText('4 events').waitFor()
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.locator('#new-todo-error').filter({ hasText: /\w/ }).waitFor()
  await look(page, one, 'now')
  expect(await violations(page), 'now').toEqual([])
  await slider(page).focus()
  await page.keyboard.press('Home')
  await page.keyboard.press('ArrowRight')
  await page.getByText('Position 2 of 4').waitFor()
  await look(page, one, 'past')
  expect(await violations(page), 'in the past').toEqual([])
  const beyond = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    return scrollWidth - clientWidth
  })
  expect(beyond).toBeLessThanOrEqual(0)
  expect(tabs.problems).toEqual([])
})

/** With `SCREENSHOTS=folder`, pictures of what the test has seen. */
async function look(page: Page, { screen, colorScheme }: (typeof cases)[number], what: string) {
  const folder = process.env['SCREENSHOTS']
  if (!folder) return
  const path = join(folder, `${screen.replace('a ', '')}-${colorScheme}-${what}.png`)
  await page.screenshot({ path, fullPage: true })
}

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
}

async function violations(page: Page): Promise<string[]> {
  await page.addScriptTag({ content: axe.source })
  const found = (await page.evaluate(
    `axe.run().then(({ violations }) => violations)`,
  )) as Violation[]
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  )
}

test('where storage is denied, the page says so', async () => {
  await using tabs = await freshTabs()
  const page = await tabs.open()
  await page.addInitScript(() => {
    Object.defineProperty(globalThis, 'indexedDB', { value: undefined })
  })
  await page.reload()
  await page.getByRole('heading', { name: /does not let the page store anything/ }).waitFor()
  expect(await violations(page)).toEqual([])
})

test('it is built for a server of files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'eventfold-todo-'))
  try {
    const config = ['--config', 'examples/browser-todo/vite.config.ts']
    const options = ['build', ...config, '--outDir', folder, '--emptyOutDir', '--logLevel', 'error']
    const { status, stderr } = spawnSync(resolve('node_modules/.bin/vite'), options, {
      encoding: 'utf8',
    })
    expect(status, stderr).toBe(0)
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['assets', 'index.html']))
  } finally {
    rmSync(folder, { recursive: true })
  }
})

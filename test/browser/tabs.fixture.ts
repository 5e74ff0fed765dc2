import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { chromiumOptions } from './chromium.fixture.ts'
import { serveSite, type Site, type SiteOptions } from './site.fixture.ts'

/** Tabs of one browser that share what it stores. */
export interface Tabs extends AsyncDisposable {
  readonly origin: string
  readonly context: BrowserContext
  readonly open: (path?: string) => Promise<Page>
}

/** A browser that keeps what is stored in a folder. */
export interface Profile extends Tabs {
  /** Ends all of its processes at once. */
  readonly kill: () => Promise<void>
}

/** What the tests of a file browse. */
export interface Browsing {
  /** Opens tabs that nobody has stored anything in. */
  readonly openTabs: () => Promise<Tabs>
  readonly openProfile: (folder: string) => Promise<Profile>
}

/** Starts a browser and a site for the tests of a file, and ends them. */
export function browsing(options?: SiteOptions): Browsing {
  let site: Site | undefined
  let browser: Browser | undefined
  beforeAll(async () => {
    site = await serveSite(options)
    browser = await chromium.launch(chromiumOptions())
  })
  afterAll(async () => {
    await browser?.close()
    await site?.[Symbol.asyncDispose]()
  })
  const tabsOf = (context: BrowserContext): Tabs => {
    const origin = site!.origin
    const open = async (path = '/'): Promise<Page> => {
      const page = await context.newPage()
      await page.goto(origin + path)
      return page
    }
    return { origin, context, open, [Symbol.asyncDispose]: () => context.close() }
  }
  return {
    openTabs: async () => tabsOf(await browser!.newContext()),
    openProfile: async (folder) => {
      const context = await chromium.launchPersistentContext(folder, chromiumOptions())
      const ended = new Promise<void>((resolve) => {
        context.once('close', () => resolve())
      })
      const session = await context.browser()!.newBrowserCDPSession()
      const kill = async (): Promise<void> => {
        const { processInfo } = await session.send('SystemInfo.getProcessInfo')
        for (const { id } of processInfo) process.kill(id, 'SIGKILL')
        await ended
      }
      return { ...tabsOf(context), kill }
    },
  }
}

/** A folder for a profile, gone at the end. */
export function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'eventfold-profile-'))
  const remove = (): void =>
    rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  return { path, [Symbol.dispose]: remove }
}

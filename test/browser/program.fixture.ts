import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import { chromiumOptions } from './chromium.fixture.ts'

/**
 * Runs a program as a page would: all that goes wrong while it runs, or afterwards within a moment. What it
 * renders goes into `#root`; one that renders there and shows nothing has a problem too.
 */
export async function problemsInBrowser(code: string): Promise<string[]> {
  const { outputFiles } = await build({
    stdin: { contents: code, loader: 'tsx', resolveDir: process.cwd() },
    conditions: ['eventfold-source'],
    jsx: 'automatic',
    format: 'esm',
    bundle: true,
    write: false,
  })
  const script = outputFiles[0]?.text ?? ''
  const browser = await chromium.launch(chromiumOptions())
  try {
    const page = await browser.newPage()
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => {
      if (['error', 'assert'].includes(message.type())) problems.push(message.text())
    })
    await page.route('http://localhost/**', async (route) => {
      const { pathname } = new URL(route.request().url())
      if (pathname === '/program.js') {
        return route.fulfill({ contentType: 'text/javascript', body: script })
      }
      return route.fulfill({
        contentType: 'text/html',
        body: '<!doctype html><link rel="icon" href="data:,"><div id="root"></div>',
      })
    })
    await page.goto('http://localhost/')
    await page.evaluate(`import('/program.js')`)
    if (code.includes('.render(')) {
      await page.waitForFunction(`document.getElementById('root').textContent !== ''`)
    }
    await page.waitForTimeout(100)
    return problems
  } finally {
    await browser.close()
  }
}

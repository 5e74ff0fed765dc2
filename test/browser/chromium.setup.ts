import { chromiumMissing, findChromium } from './chromium.fixture.ts'

/** Ends the run before it begins where there is no Chromium. */
export function setup(): void {
  if (findChromium()) return
  const error = new Error(chromiumMissing)
  // Where this was thrown helps nobody.
  error.stack = `Error: ${chromiumMissing}`
  throw error
}

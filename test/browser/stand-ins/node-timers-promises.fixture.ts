/** As in `node:timers/promises`. */
export function setTimeout(milliseconds?: number): Promise<void> {
  return new Promise((resolve) => {
    globalThis.setTimeout(resolve, milliseconds)
  })
}

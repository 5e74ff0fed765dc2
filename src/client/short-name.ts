import { UnsupportedError } from '../store/errors.ts'
import { show } from '../store/show.ts'

const NAME_BYTES = 255

/**
 * One name for several parts, whatever separators they hold: of at most 255 bytes, so that it may be an
 * idempotency key or the type of a document. A longer one gives way to its SHA-256, or is refused with
 * `UNSUPPORTED` where nothing makes one.
 */
export async function shortName(parts: readonly string[]): Promise<string> {
  const name = JSON.stringify(parts)
  const bytes = new TextEncoder().encode(name)
  if (bytes.length <= NAME_BYTES) return name
  // Browsers have it on secure pages alone, whatever the types say.
  if (!(crypto as Partial<Crypto>).subtle) {
    throw new UnsupportedError(
      `${show(name)} has ${bytes.length} bytes, and only a page served by HTTPS can shorten it: ` +
        `serve the page so, or use names of at most ${NAME_BYTES} bytes`,
    )
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return `sha256:${Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

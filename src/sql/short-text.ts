const INDEXED_BYTES = 512

/**
 * A text that fits into an index: itself up to 512 bytes, else its SHA-256. A key never looks like a
 * hash, for it holds a `=`; what is found under a hash is still to be compared in full.
 */
export function shortText(text: string): string {
  // A UTF-16 unit takes at most three bytes.
  if (text.length * 3 <= INDEXED_BYTES) return text
  return Buffer.byteLength(text) <= INDEXED_BYTES ? text : `sha256:${digest(text)}`
}

/** Whether {@link shortText} would hash it. */
export function isLong(text: string): boolean {
  return text.length * 3 > INDEXED_BYTES && Buffer.byteLength(text) > INDEXED_BYTES
}

function digest(text: string): string {
  const { createHash } = process.getBuiltinModule('node:crypto')
  return createHash('sha256').update(text).digest('hex')
}

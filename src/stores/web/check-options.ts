import { filled, is, list, object, optional, type Check } from '../../store/check-value.ts'

const callable = is('a function', (value) => typeof value === 'function')

/** What plain JavaScript may give for the options that the stores of a browser share. */
export const sharedOptions: Readonly<Record<'identifiers' | 'codec', Check>> = {
  identifiers: optional(list(filled)),
  codec: optional(object({ encode: callable, decode: callable })),
}

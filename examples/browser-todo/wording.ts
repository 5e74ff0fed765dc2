/** A name or a title as it is stored. */
export const tidy = (text: string): string => text.trim().replaceAll(/\s+/g, ' ')

export const quoted = (text: string): string => `“${text}”`

export const plural = (count: number, one: string): string =>
  `${count} ${one}${count === 1 ? '' : 's'}`

export const MOST_LETTERS = 80

/** Why a text cannot be a name or a title, if it cannot. */
export function textFault(what: string, text: string): string | undefined {
  const { length } = tidy(text)
  if (length === 0) return `A ${what} cannot be empty. Write a few words.`
  if (length > MOST_LETTERS) {
    return `A ${what} has at most ${MOST_LETTERS} letters, this one has ${length}. Make it shorter.`
  }
  return undefined
}

/** Finds packages by free text, and names by what was probably meant. */
import type { PackagePage } from './projections.ts'

/** The pages that have every word, best first: a word in the name weighs most, then in the keywords. */
export function search(pages: readonly PackagePage[], text: string): PackagePage[] {
  const words = wordsOf(text)
  return pages
    .map((page) => ({ page, score: scoreOf(page, words) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || b.page.releases - a.page.releases)
    .map(({ page }) => page)
}

/** The names closest to one that was not found, closest first. */
export function nearest(names: readonly string[], wanted: string, limit: number): string[] {
  const name = wanted.toLowerCase()
  return names
    .map((candidate) => ({ candidate, distance: distanceTo(candidate.toLowerCase(), name) }))
    .filter(({ distance }) => distance <= Math.max(2, name.length / 3))
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, limit)
    .map(({ candidate }) => candidate)
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}+]+/gu) ?? []
}

function scoreOf(page: PackagePage, words: readonly string[]): number {
  const fields = [
    { weight: 4, found: [page.name.toLowerCase(), ...wordsOf(page.name)] },
    { weight: 2, found: page.keywords.flatMap(wordsOf) },
    { weight: 1, found: wordsOf(page.description) },
  ]
  const scores = words.map((word) =>
    fields.reduce((sum, { weight, found }) => sum + weight * fit(word, found), 0),
  )
  const whole = page.description.toLowerCase().includes(words.join(' ')) ? 1 : 0
  return scores.includes(0) ? 0 : scores.reduce((sum, score) => sum + score, whole)
}

/** A whole word counts twice as much as the beginning of one: `compress` finds `compression`. */
function fit(word: string, found: readonly string[]): number {
  if (found.includes(word)) return 1
  return found.some((other) => other.startsWith(word)) ? 0.5 : 0
}

/** A name that contains the other is one step away; else every changed, missing or swapped letter is. */
function distanceTo(candidate: string, name: string): number {
  if (name.length > 2 && candidate.includes(name)) return 1
  return editDistance(candidate, name)
}

function editDistance(left: string, right: string): number {
  const rows = [Array.from({ length: right.length + 1 }, (_, column) => column)]
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity
  for (let i = 1; i <= left.length; i += 1) {
    rows[i] = [i]
    for (let j = 1; j <= right.length; j += 1) {
      const same = left[i - 1] === right[j - 1]
      const swapped = left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1]
      const steps = [at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (same ? 0 : 1)]
      if (swapped) steps.push(at(i - 2, j - 2) + 1)
      rows[i]?.push(Math.min(...steps))
    }
  }
  return at(left.length, right.length)
}

/** Finds packages by free text, and names by what was probably meant. */
import type { PackagePage } from './projections.ts'

/** The pages that have the most of the words, best first: the name weighs most, then the keywords. */
export function search(pages: readonly PackagePage[], text: string): PackagePage[] {
  const words = wordsOf(text)
  const rated = pages.map((page) => ({ page, ...rate(page, words) }))
  const most = Math.max(1, ...rated.map(({ matched }) => matched))
  return rated
    .filter(({ matched }) => matched === most)
    .sort((a, b) => b.score - a.score || b.page.releases - a.page.releases)
    .map(({ page }) => page)
}

/** The names closest to one that was not found, closest first. */
export function nearest(names: readonly string[], wanted: string, limit: number): string[] {
  const name = wanted.toLowerCase()
  return names
    .map((candidate) => ({ candidate, distance: distanceTo(candidate.toLowerCase(), name) }))
    .filter(({ distance }) => distance <= 1.5 + name.length / 5)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, limit)
    .map(({ candidate }) => candidate)
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}+]+/gu) ?? []
}

function rate(page: PackagePage, words: readonly string[]): { matched: number; score: number } {
  const description = wordsOf(page.description)
  const fields = [
    { weight: 4, found: [page.name.toLowerCase(), ...wordsOf(page.name)] },
    { weight: 2, found: page.keywords.flatMap(wordsOf) },
    // A word says more about a package that is described in few.
    { weight: 1 + 1 / (description.length + 1), found: description },
  ]
  const scores = words.map((word) =>
    fields.reduce((sum, { weight, found }) => sum + weight * fit(word, found), 0),
  )
  const phrase = description.join(' ').includes(words.join(' ')) ? 1 : 0
  return {
    matched: scores.filter((score) => score > 0).length,
    score: scores.reduce((sum, score) => sum + score, phrase),
  }
}

/** A whole word counts twice as much as the beginning of one: `compress` finds `compression`. */
function fit(word: string, found: readonly string[]): number {
  if (found.includes(word)) return 1
  return found.some((other) => other.startsWith(word)) ? 0.5 : 0
}

/** How many letters are changed, missing, swapped or added; a name's own parts count as near it. */
function distanceTo(candidate: string, name: string): number {
  if (name.length > 2 && candidate.includes(name)) return 1
  const parts = candidate.split('-').map((part) => editDistance(part, name) + 0.5)
  return Math.min(editDistance(candidate, name), ...parts)
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

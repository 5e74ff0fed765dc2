/** Answers questions from the saved views alone. */
import type { HistoryClient } from './events.ts'
import { packageText, publisherText, resultsText } from './pages.ts'
import { packagePage, publisherPage } from './projections.ts'
import { nearest, search } from './search.ts'

/** What was asked for is not there; the message says what is near. */
export class NotFound extends Error {
  readonly code = 'NOT_FOUND'
}

/** `pkg:bash` is a package, `@matthias-klose` a publisher; anything else is searched for. */
export async function answer(client: HistoryClient, question: string): Promise<string> {
  if (question.startsWith('pkg:')) return aboutPackage(client, question.slice('pkg:'.length))
  if (question.startsWith('@')) return aboutPublisher(client, question.slice(1))
  return aboutText(client, question)
}

async function aboutPackage(client: HistoryClient, name: string): Promise<string> {
  const { documents } = await packagePage.query(client, { filter: { name } })
  if (documents.length > 0) return documents.map(packageText).join('')
  throw notFound(`There is no package "${name}"`, await nearPackages(client, name))
}

async function aboutPublisher(client: HistoryClient, handle: string): Promise<string> {
  const { documents } = await publisherPage.query(client, { filter: { handle } })
  if (documents.length > 0) return documents.map(publisherText).join('')
  throw notFound(`There is no publisher "@${handle}"`, await nearPublishers(client, handle))
}

async function aboutText(client: HistoryClient, text: string): Promise<string> {
  const { documents } = await packagePage.query(client)
  const pages = documents.map((document) => document.data)
  const results = search(pages, text)
  if (results.length > 0) return resultsText(text, results)
  const slug = text.trim().replace(/\s+/g, '-')
  const near = [...(await nearPackages(client, slug)), ...(await nearPublishers(client, slug))]
  throw notFound(`No package is about "${text}"`, near)
}

async function nearPackages(client: HistoryClient, name: string): Promise<string[]> {
  const { documents } = await packagePage.query(client)
  const names = documents.map((document) => document.data.name)
  return nearest([...new Set(names)], name, 5).map((near) => `pkg:${near}`)
}

async function nearPublishers(client: HistoryClient, handle: string): Promise<string[]> {
  const { documents } = await publisherPage.query(client)
  const handles = documents.map((document) => document.data.handle)
  return nearest([...new Set(handles)], handle, 5).map((near) => `@${near}`)
}

function notFound(message: string, near: readonly string[]): NotFound {
  const suggestions = near.map((name) => `\n  npm start -- ${name}`).join('')
  const hint =
    near.length > 0 ? `Did you mean${suggestions}` : 'npm start -- --help shows how to ask.'
  return new NotFound(`${message}.\n${hint}`)
}

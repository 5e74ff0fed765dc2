import type { StoredEvent } from '../../event/event.ts'
import { checkRead, throwIfAborted } from '../../store/check-read.ts'
import { compileStreams } from '../../store/matches.ts'
import type { ReadOptions } from '../../store/store.ts'
import type { Streams } from '../../store/stream.ts'
import type { Access } from './access.ts'
import { begin, stretchesOf } from './begin.ts'
import { listOf } from './boundary.ts'
import { candidatesOf, choose } from './choose.ts'
import { eventOf } from './items.ts'
import { mergePages } from './merge.ts'
import { isRecent, settle, untilComplete } from './complete.ts'
import { readStretch, type Look, type LookedSource } from './source.ts'

const LARGEST_FIRST_PAGE = 1000

interface Opened {
  readonly sources: readonly LookedSource[]
  readonly looks: readonly Look[]
}

/**
 * The events of streams, in the order of their places, each once. From the beginning it is one Query for
 * each partition that one page holds; after a cursor the heads are read before it, so that a reader who
 * follows misses nothing of a commit that is being written.
 */
export async function* readEvents(
  access: Access,
  streams: Streams,
  options: ReadOptions = {},
): AsyncGenerator<StoredEvent> {
  checkRead(streams, options)
  const { after, limit = Infinity, backwards = false, signal } = options
  const { table, codec, filing } = access
  const stretches =
    after === undefined
      ? stretchesOf(choose(candidatesOf(listOf(streams), filing)), !backwards)
      : (await begin(access, streams, { after, provesItself: !backwards && limit > 0, signal }))
          .stretches
  if (limit === 0) return
  // The event seen last comes again.
  const wanted = limit + (after === undefined ? 0 : 1)
  const first = wanted < LARGEST_FIRST_PAGE ? wanted : undefined
  const open = (): Promise<Opened> =>
    untilComplete(async () => {
      const sources = stretches.map((stretch) =>
        readStretch(table, { ...stretch, backwards, first }, signal),
      )
      // The newest events, backwards, are all that anybody has been told of.
      const looked = backwards ? [] : sources
      return { sources, looks: await Promise.all(looked.map((source) => source.look())) }
    }, signal)
  let { sources, looks } = await open()
  if (looks.some(({ isWhole, newest }) => !isWhole && isRecent(newest))) {
    await settle(signal)
    ;({ sources, looks } = await open())
  }
  const matches = compileStreams(streams)
  let left = limit
  let isBounded = false
  for await (const page of mergePages(sources, backwards)) {
    const events: StoredEvent[] = []
    for (const item of page) {
      if (events.length === left) break
      const event = eventOf(item, codec)
      if (matches(event)) events.push(event)
    }
    if (!isBounded && events.length < left) {
      await Promise.all(sources.map((source) => source.bound()))
      isBounded = true
    }
    for (const event of events) {
      throwIfAborted(signal, 'the read')
      yield event
    }
    left -= events.length
    if (left === 0) return
  }
}

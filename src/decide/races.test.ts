import { array, assert, asyncProperty, constant, integer, nat, oneof, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { EventsOf } from '../client/client.ts'
import { createEventClient } from '../client/create-client.ts'
import { stores, type TestLog } from '../client/stores.fixture.ts'
import { defineEvents } from '../event/definition.ts'
import { isEventfoldError } from '../store/errors.ts'
import { defineDecision, type DecisionResult } from './decision.ts'
import { reject } from './reject.ts'

const subscription = z.object({ courseId: z.string(), studentId: z.string() })
const school = defineEvents({
  COURSE_OPENED: z.object({ courseId: z.string(), title: z.string(), capacity: z.number() }),
  CAPACITY_CHANGED: z.object({ courseId: z.string(), capacity: z.number() }),
  SUBSCRIBED: subscription,
  UNSUBSCRIBED: subscription,
})

const COURSES_PER_STUDENT = 2

const openCourse = defineDecision(school, {
  streams: (command: { courseId: string; title: string; capacity: number }) => [
    { types: ['COURSE_OPENED'], filter: { courseId: command.courseId } },
    { types: ['COURSE_OPENED'], filter: { title: command.title } },
  ],
  initialState: 0,
  evolve: { COURSE_OPENED: (courses) => courses + 1 },
  decide: (data, courses) => (courses > 0 ? reject('taken') : { type: 'COURSE_OPENED', data }),
})
const changeCapacity = defineDecision(school, {
  streams: ({ courseId }: { courseId: string; capacity: number }) => [{ filter: { courseId } }],
  initialState: { open: false, students: 0 },
  evolve: {
    COURSE_OPENED: (course) => ({ ...course, open: true }),
    SUBSCRIBED: (course) => ({ ...course, students: course.students + 1 }),
    UNSUBSCRIBED: (course) => ({ ...course, students: course.students - 1 }),
  },
  decide: (data, course) => {
    if (!course.open || course.students > data.capacity) return reject('not possible')
    return { type: 'CAPACITY_CHANGED', data }
  },
})
const subscribe = defineDecision(school, {
  streams: ({ courseId, studentId }: z.infer<typeof subscription>) => [
    { types: ['COURSE_OPENED', 'CAPACITY_CHANGED'], filter: { courseId } },
    { types: ['SUBSCRIBED', 'UNSUBSCRIBED'], filter: { courseId } },
    { types: ['SUBSCRIBED', 'UNSUBSCRIBED'], filter: { studentId } },
  ],
  initialState: { capacity: 0, subscriptions: [] as { courseId: string; studentId: string }[] },
  evolve: {
    COURSE_OPENED: (state, { data }) => ({ ...state, capacity: data.capacity }),
    CAPACITY_CHANGED: (state, { data }) => ({ ...state, capacity: data.capacity }),
    SUBSCRIBED: (state, { data }) => ({
      ...state,
      subscriptions: [...state.subscriptions, data],
    }),
    UNSUBSCRIBED: (state, { data }) => ({
      ...state,
      subscriptions: state.subscriptions.filter(
        (one) => one.courseId !== data.courseId || one.studentId !== data.studentId,
      ),
    }),
  },
  decide: (data, { capacity, subscriptions }) => {
    const students = subscriptions.filter((one) => one.courseId === data.courseId)
    const courses = subscriptions.filter((one) => one.studentId === data.studentId)
    if (students.some((one) => one.studentId === data.studentId)) {
      return { type: 'UNSUBSCRIBED', data }
    }
    if (students.length >= capacity) return reject('full')
    if (courses.length >= COURSES_PER_STUDENT) return reject('too many courses')
    return { type: 'SUBSCRIBED', data }
  },
})

type Command =
  | { readonly do: 'open'; readonly courseId: string; readonly title: string; capacity: number }
  | { readonly do: 'change'; readonly courseId: string; readonly capacity: number }
  | { readonly do: 'subscribe'; readonly courseId: string; readonly studentId: string }

const oneOf = (letter: string, count: number) =>
  nat({ max: count - 1 }).map((index) => `${letter}${index}`)
const course = { courseId: oneOf('c', 3) }
const room = { capacity: nat({ max: 3 }) }
const commands = array(
  oneof(
    record({ do: constant('open' as const), ...course, ...room, title: oneOf('t', 2) }),
    record({ do: constant('change' as const), ...course, ...room }),
    record({ do: constant('subscribe' as const), ...course, studentId: oneOf('s', 4) }),
  ),
  { minLength: 20, maxLength: 60 },
)

/** Runs all commands at once, spread over several processes' worth of stores. */
async function race(log: TestLog, given: readonly Command[], processes: number) {
  const clients = Array.from({ length: processes }, (_, index) => {
    // A store of its own has queues of its own, so that its decisions race with the others.
    const store = index === 0 ? log.store : { ...log.reopen() }
    return createEventClient({ store, events: school })
  })
  const options = { attempts: 100 }
  const execute = async (
    { do: what, ...data }: Command,
    client: (typeof clients)[number],
  ): Promise<DecisionResult<EventsOf<typeof school>, unknown>> => {
    if (what === 'open') return openCourse.execute(client, data as never, options)
    if (what === 'change') return changeCapacity.execute(client, data as never, options)
    return subscribe.execute(client, data as never, options)
  }
  return Promise.all(
    given.map(async (command, index) =>
      execute(command, clients[index % processes]!).catch((error: unknown) => {
        if (isEventfoldError(error, 'REJECTED')) return undefined
        throw error
      }),
    ),
  )
}

/** Plays the log from its beginning. Finds every event that was not allowed where it stands. */
function misplaced(log: readonly { readonly type: string; readonly data: unknown }[]) {
  const courses = new Map<string, { title: string; capacity: number; students: Set<string> }>()
  return log.filter(({ type, data }) => {
    const { courseId, studentId, capacity, title } = data as {
      courseId: string
      studentId: string
      capacity: number
      title: string
    }
    const all = [...courses.values()]
    const found = courses.get(courseId)
    if (type === 'COURSE_OPENED') {
      courses.set(courseId, { title, capacity, students: new Set() })
      return found !== undefined || all.some((other) => other.title === title)
    }
    if (found === undefined) return true
    const { students } = found
    if (type === 'CAPACITY_CHANGED') {
      found.capacity = capacity
      return students.size > capacity
    }
    if (type === 'UNSUBSCRIBED') return !students.delete(studentId)
    const known = students.has(studentId)
    students.add(studentId)
    const taken = all.filter((other) => other.students.has(studentId)).length
    return known || students.size > found.capacity || taken > COURSES_PER_STUDENT
  })
}

describe.each(stores)('racing decisions on $name', ({ open }) => {
  test('on overlapping boundaries equal some serial order', async () => {
    await assert(
      asyncProperty(commands, integer({ min: 1, max: 4 }), async (given, processes) => {
        await using log = await open({ guarded: ['title'] })
        const results = await race(log, given, processes)
        const stored = await log.everything()
        expect(misplaced(stored)).toEqual([])
        const ids = results.flatMap((result) => result?.events.map(({ id }) => id) ?? [])
        expect(ids.toSorted()).toEqual(stored.map(({ id }) => id).toSorted())
      }),
      { numRuns: 25 },
    )
  })

  test('a name is taken once, and nobody is told otherwise', async () => {
    await using log = await open({ guarded: ['title'] })
    const racers: Command[] = Array.from({ length: 40 }, (_, index) => ({
      do: 'open',
      courseId: `c${index}`,
      title: 'Folding',
      capacity: 3,
    }))
    const results = await race(log, racers, 4)
    expect(results.filter((result) => result !== undefined)).toHaveLength(1)
    expect(await log.everything()).toHaveLength(1)
  })

  test('a capacity is used up and never exceeded', async () => {
    await using log = await open({ guarded: ['title'] })
    const client = createEventClient({ store: log.store, events: school })
    await openCourse.execute(client, { courseId: 'c1', title: 'Folding', capacity: 10 })
    const racers: Command[] = Array.from({ length: 40 }, (_, index) => ({
      do: 'subscribe',
      courseId: 'c1',
      studentId: `s${index}`,
    }))
    const results = await race(log, racers, 4)
    expect(results.filter((result) => result !== undefined)).toHaveLength(10)
    expect(await client.getEventStream({ types: ['SUBSCRIBED'] })).toHaveLength(10)
  })

  test('decisions about different things never conflict', async () => {
    await using log = await open({ guarded: ['title'] })
    const racers: Command[] = Array.from({ length: 60 }, (_, index) => ({
      do: 'open',
      courseId: `c${index}`,
      title: `Title ${index}`,
      capacity: 3,
    }))
    const results = await race(log, racers, 4)
    expect(results.map((result) => result?.attempts)).toEqual(Array(60).fill(1))
  })
})

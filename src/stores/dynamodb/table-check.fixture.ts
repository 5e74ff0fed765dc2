import { ScanCommand } from '@aws-sdk/client-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import { identifierTest, keysOf } from '../../event/identifiers.ts'
import { positionOf } from './clock.ts'
import { plainClient } from './engine.fixture.ts'
import { typeAttribute, type EventItem, type Item, type OutboxItem } from './items.ts'
import { aggregatePartition, HEAD, idKey, keyPartition, versionKey } from './keys.ts'
import { KEY_NAMES } from './table-shape.ts'

/** Everything that a table holds. */
export async function allItems(tableName: string): Promise<Item[]> {
  const client = plainClient()
  const items: Item[] = []
  let next: Record<string, never> | undefined
  do {
    const answer = await client.send(
      new ScanCommand({ TableName: tableName, ConsistentRead: true, ExclusiveStartKey: next }),
    )
    for (const stored of answer.Items ?? []) {
      const { [KEY_NAMES.pk]: pk, [KEY_NAMES.sk]: sk, ...rest } = unmarshall(stored)
      items.push({ ...rest, pk: String(pk), sk: String(sk) })
    }
    next = answer.LastEvaluatedKey as typeof next
  } while (next)
  client.destroy()
  return items
}

/** What is wrong with a log, in words: nothing, if every writer kept the layout. */
export function faultsOf(
  items: readonly Item[],
  {
    identifiers = ['*Id', '*_id'],
    partitionKey,
  }: { identifiers?: string[]; partitionKey?: string } = {},
): string[] {
  const faults: string[] = []
  const isIdentifier = identifierTest(partitionKey ? [...identifiers, partitionKey] : identifiers)
  const byKey = new Map(items.map((item) => [`${item.pk} ${item.sk}`, item]))
  const ofKind = (...kinds: string[]): Item[] =>
    items.filter(({ itemType }) => kinds.includes(String(itemType)))
  const events = ofKind('event', 'copy') as unknown as EventItem[]

  const byId = Map.groupBy(events, ({ id }) => id)
  for (const [id, copies] of byId) {
    const [first] = copies as [EventItem]
    const homes = homesOf(first, isIdentifier)
    const found = copies.map(({ pk, sk }) => `${pk} ${sk}`)
    if (found.toSorted().join() !== homes.toSorted().join()) {
      faults.push(`${id} is at ${found.join()}, not at ${homes.join()}`)
    }
    if (new Set(copies.map(contentOf)).size !== 1) faults.push(`the copies of ${id} differ`)
    const own = copies.filter(({ itemType }) => itemType === 'event')
    if (own.length !== 1 || `${own[0]?.pk} ${own[0]?.sk}` !== homes[0]) {
      faults.push(`${id} is itself at ${own.map(({ pk }) => pk).join()}`)
    }
    for (const { itemType, byType, type } of copies) {
      const isRight = byType === (itemType === 'event' ? type : undefined)
      if (!isRight) faults.push(`a copy of ${id} is in the index as ${byType}`)
    }
    const pointer = byKey.get(`ID#${id} ID`)
    const isNamed = id !== first.at
    const isLed =
      pointer?.['itemType'] === 'id'
        ? `${String(pointer['eventPk'])} ${String(pointer['eventSk'])}` === homes[0]
        : pointer?.['itemType'] === 'event' || !isNamed
    if (!isLed) faults.push(`nothing leads to ${id}`)
  }
  for (const { pk } of ofKind('id')) {
    if (!byId.has(pk.slice('ID#'.length))) faults.push(`${pk} leads to nothing`)
  }

  const partitions = Map.groupBy(events, ({ pk }) => pk)
  for (const [pk, inside] of partitions) {
    const head = byKey.get(`${pk} ${HEAD}`)
    if (pk.startsWith('ID#')) continue
    if (partitionKey !== undefined && pk.startsWith(`KEY#${partitionKey}=`)) {
      if (head?.['at']) faults.push(`${pk} has a head`)
      continue
    }
    const inOrder = inside.toSorted((a, b) => (a.sk < b.sk ? -1 : 1))
    const expected: Record<string, unknown> = { at: inOrder.at(-1)?.at, count: inside.length }
    for (const { type, at } of inOrder) expected[typeAttribute(type)] = at
    if (pk.startsWith('AGG#')) {
      expected['currentVersion'] = inside.length
      expected['lastEventId'] = inOrder.at(-1)?.id
      inOrder.forEach(({ sk, version }, index) => {
        if (version !== index + 1 || sk !== versionKey(index + 1)) {
          faults.push(`${pk} has version ${version} in the place of ${index + 1}`)
        }
      })
    }
    for (const [name, value] of Object.entries(expected)) {
      if (head?.[name] !== value) {
        faults.push(`the head of ${pk} says ${name} ${String(head?.[name])}, not ${String(value)}`)
      }
    }
    const types = Object.keys(head ?? {}).filter((name) => name.startsWith('#'))
    for (const name of types) if (!(name in expected)) faults.push(`${pk} has no ${name}`)
    inOrder.forEach(({ at }, index) => {
      const before = inOrder[index - 1]?.at
      if (before !== undefined && positionOf(before) >= positionOf(at)) {
        faults.push(`${pk}: ${at} is not after ${before}`)
      }
    })
  }
  for (const { pk, at, order } of ofKind('head')) {
    const isOfOrder = at === undefined && order !== undefined
    if (!partitions.has(pk) && !isOfOrder) faults.push(`the head of ${pk} is alone`)
  }

  for (const { pk, events: keys } of ofKind('answer') as unknown as {
    pk: string
    events: string
  }[]) {
    for (const [home, place] of JSON.parse(keys) as [string, string][]) {
      if (!byKey.has(`${home} ${place}`)) faults.push(`${pk} answers with ${home} ${place}`)
    }
  }
  faults.push(...faultsOfOutbox(ofKind('outbox') as unknown as OutboxItem[]))
  return faults
}

/** The partitions and places where copies belong, that of the event itself first. */
function homesOf(
  { id, at, data, version, aggregateType: type, aggregateId }: EventItem,
  isIdentifier: (key: string) => boolean,
): string[] {
  const keys = keysOf(JSON.parse(data), isIdentifier).map((key) => `${keyPartition(key)} ${at}`)
  const aggregate =
    type === undefined || aggregateId === undefined || version === undefined
      ? []
      : [`${aggregatePartition({ type, id: aggregateId })} ${versionKey(version)}`]
  const all = [...aggregate, ...keys]
  return all.length > 0 ? all : [`${idKey(id).pk} ID`]
}

function contentOf({
  pk: _pk,
  sk: _sk,
  itemType: _kind,
  byType: _type,
  ...content
}: EventItem): string {
  return JSON.stringify(Object.entries(content).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Records of one order key come in the order of their events. */
function faultsOfOutbox(records: readonly OutboxItem[]): string[] {
  const faults: string[] = []
  for (const [orderKey, some] of Map.groupBy(records, (record) => record.orderKey)) {
    if (orderKey === undefined) continue
    const inOrder = some.toSorted((a, b) => (a.sk < b.sk ? -1 : 1))
    inOrder.forEach(({ eventAt = '', sk }, index) => {
      const before = inOrder[index - 1]?.eventAt ?? ''
      if (before > eventAt && eventAt !== '') faults.push(`${orderKey}: ${sk} is out of order`)
    })
  }
  return faults
}

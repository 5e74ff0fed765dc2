import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Attributes, Item } from './items.ts'
import type { ItemKey } from './keys.ts'
import type { Expression, KeyNames } from './table.ts'

type Stored = Readonly<Record<string, AttributeValue>>

/**
 * Values as DynamoDB writes them. They are converted here, and not by the document client of the user,
 * whose settings (`wrapNumbers`, `removeUndefinedValues`, …) would be different ones in every project.
 */
export interface Encoding {
  readonly key: (key: ItemKey) => Record<string, AttributeValue>
  readonly item: (item: Item) => Record<string, AttributeValue>
  readonly decode: (stored: Stored) => Item
  readonly names: (expression: Omit<Expression, 'text'>) => Placeholders
}

/** What an expression stands for. DynamoDB refuses empty ones. */
export interface Placeholders {
  readonly ExpressionAttributeNames?: Record<string, string>
  readonly ExpressionAttributeValues?: Record<string, AttributeValue>
}

export function createEncoding({ pk, sk }: KeyNames): Encoding {
  const named = new Map([
    ['pk', pk],
    ['sk', sk],
  ])
  const key = (of: ItemKey): Record<string, AttributeValue> => ({
    [pk]: { S: of.pk },
    [sk]: { S: of.sk },
  })
  return {
    key,
    item: ({ pk: first, sk: second, ...rest }) => ({
      ...encodeAll(rest),
      ...key({ pk: first, sk: second }),
    }),
    // A loop: this is done for every item that is read.
    decode: (stored) => {
      const item: Record<string, unknown> = {}
      for (const name of Object.keys(stored)) {
        if (name !== pk && name !== sk) item[name] = decodeValue(stored[name]!)
      }
      return { ...item, pk: String(stored[pk]?.S), sk: String(stored[sk]?.S) }
    },
    names: ({ names, values }) => ({
      ...(Object.keys(names).length && {
        ExpressionAttributeNames: mapValues(names, (name) => named.get(name) ?? name),
      }),
      ...(Object.keys(values).length && { ExpressionAttributeValues: encodeAll(values) }),
    }),
  }
}

function encodeAll(attributes: Attributes): Record<string, AttributeValue> {
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given.map(([name, value]) => [name, encodeValue(value)]))
}

function encodeValue(value: unknown): AttributeValue {
  if (typeof value === 'string') return { S: value }
  if (typeof value === 'number' && Number.isFinite(value)) return { N: String(value) }
  if (typeof value === 'boolean') return { BOOL: value }
  if (value === null) return { NULL: true }
  if (Array.isArray(value)) return { L: value.map(encodeValue) }
  if (typeof value === 'object') return { M: encodeAll(value as Attributes) }
  throw new TypeError(`An attribute cannot be a ${typeof value}`)
}

function decodeValue(value: AttributeValue): unknown {
  if (value.S !== undefined) return value.S
  if (value.N !== undefined) return Number(value.N)
  if (value.BOOL !== undefined) return value.BOOL
  if (value.L) return value.L.map(decodeValue)
  if (value.M) return mapValues(value.M, decodeValue)
  if (value.NULL) return null
  return value.SS ?? value.NS?.map(Number) ?? value.BS ?? value.B
}

function mapValues<Value, Other>(
  record: Readonly<Record<string, Value>>,
  map: (value: Value) => Other,
): Record<string, Other> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]))
}

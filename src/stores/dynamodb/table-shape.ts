import { checkKeyNames } from './key-names.ts'
import type { KeyNames } from './table.ts'

/** The index of types. */
export const BY_TYPE = { name: 'by-type', pk: 'byType', sk: 'at' } as const

/** When what may be forgotten expires, in seconds since 1970. */
export const EXPIRES = 'expires'

/** What a table is called its key where nobody says otherwise. */
export const KEY_NAMES: KeyNames = { pk: '_pk', sk: '_sk' }

/** How a table is paid for: by the request, or by the units that are held ready in each second. */
export type Billing =
  | 'on-demand'
  | { readonly readCapacity: number; readonly writeCapacity: number }

export interface ShapeOptions {
  /** What the table calls the two parts of its key. Default is `_pk` and `_sk`. */
  readonly keyNames?: KeyNames | undefined
  /** Default is `'on-demand'`. The index of types has as much capacity as the table. */
  readonly billing?: Billing | undefined
}

/** A table as both DynamoDB and CloudFormation describe it. */
export interface Shape {
  readonly AttributeDefinitions: { readonly AttributeName: string; readonly AttributeType: 'S' }[]
  readonly KeySchema: KeySchema
  readonly BillingMode: 'PAY_PER_REQUEST' | 'PROVISIONED'
  /** Not on demand. */
  readonly ProvisionedThroughput?: Throughput
  readonly GlobalSecondaryIndexes: {
    readonly IndexName: string
    readonly KeySchema: KeySchema
    readonly Projection: { readonly ProjectionType: 'ALL' }
    readonly ProvisionedThroughput?: Throughput
  }[]
}

type KeySchema = [
  { readonly AttributeName: string; readonly KeyType: 'HASH' },
  { readonly AttributeName: string; readonly KeyType: 'RANGE' },
]

interface Throughput {
  readonly ReadCapacityUnits: number
  readonly WriteCapacityUnits: number
}

export function shapeOf({ keyNames = KEY_NAMES, billing = 'on-demand' }: ShapeOptions): Shape {
  checkKeyNames(keyNames)
  const { pk, sk } = keyNames
  const keyOf = (hash: string, range: string): KeySchema => [
    { AttributeName: hash, KeyType: 'HASH' },
    { AttributeName: range, KeyType: 'RANGE' },
  ]
  const throughput = billing !== 'on-demand' && {
    ProvisionedThroughput: {
      ReadCapacityUnits: billing.readCapacity,
      WriteCapacityUnits: billing.writeCapacity,
    },
  }
  return {
    AttributeDefinitions: [pk, sk, BY_TYPE.pk, BY_TYPE.sk].map((AttributeName) => ({
      AttributeName,
      AttributeType: 'S',
    })),
    KeySchema: keyOf(pk, sk),
    BillingMode: throughput ? 'PROVISIONED' : 'PAY_PER_REQUEST',
    ...throughput,
    GlobalSecondaryIndexes: [
      {
        IndexName: BY_TYPE.name,
        KeySchema: keyOf(BY_TYPE.pk, BY_TYPE.sk),
        Projection: { ProjectionType: 'ALL' },
        ...throughput,
      },
    ],
  }
}

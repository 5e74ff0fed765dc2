import type { DynamoClient } from './client.ts'
import { freshTable, testClient, type FreshTable } from './engine.fixture.ts'
import { withClientFaults, type FaultPlan } from './faults.fixture.ts'
import type { Item } from './items.ts'
import type { ItemKey } from './keys.ts'
import {
  openTable,
  type Expression,
  type KeyNames,
  type Table,
  type TableOptions,
  type Write,
} from './table.ts'
import { KEY_NAMES } from './table-shape.ts'

export interface OpenedTable extends FreshTable {
  readonly table: Table
  /** Opens the same table once more. */
  readonly open: (options?: Partial<TableOptions>) => Table
}

/** A new table, opened. */
export async function openFresh(
  options: { readonly client?: DynamoClient; readonly keyNames?: KeyNames } = {},
): Promise<OpenedTable> {
  const { client = testClient(), keyNames = KEY_NAMES } = options
  const fresh = await freshTable({ keyNames })
  const { tableName } = fresh
  const open = (more: Partial<TableOptions> = {}): Table =>
    openTable({ client, tableName, keyNames, ...more })
  return { tableName, open, table: open(), [Symbol.asyncDispose]: fresh[Symbol.asyncDispose] }
}

/** The same table through a client that meets faults. */
export function openFaulty(fresh: OpenedTable, plan: FaultPlan, patience?: number) {
  const faulty = withClientFaults(testClient(), plan)
  return { ...faulty, table: fresh.open({ client: faulty.client, patience }) }
}

export const absent: Expression = {
  text: 'attribute_not_exists(#pk)',
  names: { '#pk': 'pk' },
  values: {},
}

export const key = (pk: string, sk: string): ItemKey & Item => ({ pk, sk })

/** Adds one to a counter. A second time would be seen. */
export function increment({ pk, sk }: ItemKey, from: number): Write {
  return {
    update: { pk, sk },
    expression: 'SET #count = if_not_exists(#count, :none) + :one',
    condition: {
      text: from === 0 ? 'attribute_not_exists(#count)' : '#count = :from',
      names: { '#count': 'count' },
      values: { ':none': 0, ':one': 1, ...(from !== 0 && { ':from': from }) },
    },
  }
}

import type { Tables } from './reading.fixture.ts'

/** A step of a plan that has run, as `explain (analyze, format json)` tells it. */
export interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Total Cost': number
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly 'Heap Fetches'?: number
  readonly 'Shared Hit Blocks'?: number
  readonly 'Shared Read Blocks'?: number
  readonly Plans?: readonly PlanNode[]
}

/** What `explain` gives in one row. */
export function planOf(row: unknown): PlanNode {
  const [{ Plan: plan }] = (row as { 'QUERY PLAN': [{ Plan: PlanNode }] })['QUERY PLAN']
  return plan
}

/** The node and all below it. */
export function flatten(node: PlanNode): readonly PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flatten)]
}

/** How often a row of a table was looked at in one of the runs of a node. */
export function lookedAt(node: PlanNode): number {
  return node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)
}

/** Has the server tell the plan of every statement that ends from now on, those inside of routines too. */
export async function tellPlans(tables: Tables, listener: (plan: PlanNode) => void): Promise<void> {
  await tables.execute(`load 'auto_explain'`).catch((cause: unknown) => {
    throw new Error('this server has no auto_explain: install the contrib modules of PostgreSQL', {
      cause,
    })
  })
  tables.onNotice((text) => {
    const { Plan: plan } = JSON.parse(text.slice(text.indexOf('{'))) as { Plan: PlanNode }
    listener(plan)
  })
  const settings = {
    log_nested_statements: 'on',
    log_analyze: 'on',
    log_timing: 'off',
    log_format: 'json',
    log_level: 'notice',
    log_min_duration: 0,
  }
  for (const [name, value] of Object.entries(settings)) {
    await tables.execute(`set auto_explain.${name} = ${value}`)
  }
}

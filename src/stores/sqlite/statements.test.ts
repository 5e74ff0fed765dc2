import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { nodeSqlite } from './hands/node-sqlite.ts'
import { migrations } from './migrations.ts'
import { prepareStatements } from './statements.ts'

// Before 22.16 Node gives rows as objects: columns of one name would be one.
test('no query has two columns of one name', () => {
  const database = new DatabaseSync(':memory:')
  for (const migration of migrations) database.exec(migration)
  const connection = nodeSqlite(':memory:')
  for (const migration of migrations) connection.execute(migration)
  const queries: string[] = []
  prepareStatements({
    ...connection,
    query: (sql) => {
      queries.push(sql)
      return connection.query(sql)
    },
  })
  expect(queries.length).toBeGreaterThan(20)
  for (const sql of queries) {
    const names = database
      .prepare(sql)
      .columns()
      .map(({ name }) => name)
    expect(new Set(names).size, sql).toBe(names.length)
  }
})

// A bare `limit ?` is planned anew for every number; see the comment beside the statements.
test('no query binds its limit in a way that plans it anew', () => {
  const connection = nodeSqlite(':memory:')
  for (const migration of migrations) connection.execute(migration)
  const limits: string[] = []
  prepareStatements({
    ...connection,
    query: (sql) => {
      limits.push(...(sql.match(/limit \S+( \S+){0,2}/gu) ?? []))
      return connection.query(sql)
    },
  })
  expect(limits.filter((limit) => limit.startsWith('limit ?'))).not.toEqual([])
  for (const limit of limits) expect(limit).toMatch(/^limit (\d+|\? \+ 0)/u)
})

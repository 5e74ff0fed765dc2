import { createEventDataIndexMigration, createProjectionDataIndexMigration } from 'eventfold/knex'

const title = createEventDataIndexMigration({ key: 'title' })
const name = createProjectionDataIndexMigration({ key: 'name', indexName: 'lists_by_name_idx' })

/** @param {import('knex').Knex} knex */
export async function up(knex) {
  await knex.raw(title.up)
  await knex.raw(name.up)
}

/** @param {import('knex').Knex} knex */
export async function down(knex) {
  await knex.raw(name.down)
  await knex.raw(title.down)
}

import { createEventsTableMigration, createProjectionsTableMigration } from 'eventfold/knex'

/** @param {import('knex').Knex} knex */
export async function up(knex) {
  await knex.raw(createEventsTableMigration.up)
  await knex.raw(createProjectionsTableMigration.up)
}

/** @param {import('knex').Knex} knex */
export async function down(knex) {
  await knex.raw(createProjectionsTableMigration.down)
  await knex.raw(createEventsTableMigration.down)
}

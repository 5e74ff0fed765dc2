import type { Knex } from 'knex'

declare const config: Knex.Config
export default config

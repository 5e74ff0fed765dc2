import { fileURLToPath } from 'node:url'

export default {
  client: 'pg',
  connection: process.env.DATABASE_URL,
  migrations: {
    directory: fileURLToPath(new URL('migrations', import.meta.url)),
    loadExtensions: ['.mjs'],
  },
}

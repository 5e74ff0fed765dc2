import { drivers } from './drivers.fixture.ts'
import { endAll, prove } from './laws.fixture.ts'

// Files of their own, so that they run side by side: this one has the drivers of a server.
endAll()
for (const [name, connect] of Object.entries(drivers)) prove(`PostgreSQL through ${name}`, connect)

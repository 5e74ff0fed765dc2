import { laggingClients } from './lagging.fixture.ts'
import { provesLaws } from './laws.fixture.ts'

provesLaws('DynamoDB whose transactions become visible item by item', laggingClients())

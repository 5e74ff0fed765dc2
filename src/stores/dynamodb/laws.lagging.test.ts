import { laggingClients } from './lagging.fixture.ts'
import { provesLaws } from './laws.fixture.ts'

provesLaws(
  'DynamoDB whose transactions become visible item by item',
  laggingClients(),
  // The others have nobody who could look in between.
  /rac(?:e|ing|ers)|in flight|follows|visible|again|serial|while|at once|one part|snapshot/u,
)

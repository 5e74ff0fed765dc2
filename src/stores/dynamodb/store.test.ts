import { provesLaws } from './laws.fixture.ts'

provesLaws('DynamoDB')

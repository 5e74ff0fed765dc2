/** Specifications of decisions, aggregates and projections, for any test framework or none. @module */
export { given, type Execute, type Given, type Projected, type When } from './given.ts'
export { randomFaults, withFaults, type Fault, type FaultPlan, type FaultyCall } from './faults.ts'

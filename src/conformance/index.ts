/** The laws of every store, as data that any test runner can run. @module */
export { conformance, prove, type Conformance, type Runner } from './conformance.ts'
export { sameAnswers } from './differential.ts'
export { laws } from './laws/index.ts'
export type { Capability, Law, LogOptions, Open, OpenLog, RaceSize } from './law.ts'
export { workloadOf, type Step, type Workload } from './workload.ts'

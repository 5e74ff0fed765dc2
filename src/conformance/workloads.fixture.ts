import { array, nat, noBias, type Arbitrary } from 'fast-check'
import { workloadOf, type Workload } from './workload.ts'

/** Workloads of 40 steps at most, that shrink by leaving steps out. */
export const workloads: Arbitrary<Workload> = noBias(
  array(array(nat(9999), { maxLength: 80, size: 'max' }), { maxLength: 40, size: 'max' }),
).map(workloadOf)

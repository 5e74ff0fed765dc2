import { SPAN } from './entries.ts'
import type { Statements } from './statements.ts'

/** Stands for every type that came when all numbers were given away. */
const OTHER = 0

/** Gives types their numbers: in the order in which they were filed first, from 1. */
export class TypeNumbers {
  readonly #statements: Pick<Statements, 'typeNumbers' | 'insertTypeNumber'>
  #numbers = new Map<string, number>()
  #isCurrent = false

  constructor(statements: Pick<Statements, 'typeNumbers' | 'insertTypeNumber'>) {
    this.#statements = statements
  }

  /** Whether a number may stand for several types, now or soon. */
  get areShared(): boolean {
    this.#refresh()
    return this.#numbers.size > SPAN / 2
  }

  /** The number to file a type by. Needs the lock of writers. */
  assign(type: string): number {
    const known = this.#find(type)
    if (known !== undefined) return known
    const number = this.#numbers.size + 1
    if (number === SPAN) return OTHER
    this.#statements.insertTypeNumber.run(number, type)
    this.#numbers.set(type, number)
    return number
  }

  /** The numbers by which events of some types may be filed. */
  of(types: Iterable<string>): Set<number> {
    const numbers = new Set<number>([OTHER])
    for (const type of types) numbers.add(this.#find(type) ?? OTHER)
    return numbers
  }

  /** Others may have given numbers since, or a transaction that gave some was undone. */
  forget(): void {
    this.#isCurrent = false
  }

  #find(type: string): number | undefined {
    const known = this.#isCurrent ? this.#numbers.get(type) : undefined
    if (known !== undefined) return known
    this.#refresh()
    return this.#numbers.get(type)
  }

  #refresh(): void {
    if (this.#isCurrent) return
    this.#numbers = new Map(this.#statements.typeNumbers.all())
    this.#isCurrent = true
  }
}

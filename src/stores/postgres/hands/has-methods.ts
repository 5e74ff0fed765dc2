type Methods<Name extends string> = Readonly<Record<Name, (...values: never[]) => unknown>>

/** Whether a value has these methods: so an object of a driver is recognised, which is not imported. */
export function hasMethods<Name extends string>(
  value: unknown,
  ...names: readonly Name[]
): value is Methods<Name> {
  const methods = Object(value) as Partial<Methods<Name>>
  return names.every((name) => typeof methods[name] === 'function')
}

import type { CSSProperties, ReactNode } from 'react'
import { hueOf } from './tab.ts'

/** A tab's name, with its colour. */
export function TabName({ name }: { readonly name: string }): ReactNode {
  return (
    <span className="tab-name" style={{ '--hue': hueOf(name) } as CSSProperties}>
      {name}
    </span>
  )
}

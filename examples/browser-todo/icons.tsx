import type { ReactNode } from 'react'

export const PencilIcon = (): ReactNode => (
  <svg viewBox="0 0 20 20" aria-hidden="true">
    <path d="m4 16 .8-3.4L13 4.4a1.5 1.5 0 0 1 2.1 0l.5.5a1.5 1.5 0 0 1 0 2.1l-8.2 8.2z" />
    <path d="m11.6 5.8 2.6 2.6" />
  </svg>
)

export const RemoveIcon = (): ReactNode => (
  <svg viewBox="0 0 20 20" aria-hidden="true">
    <path d="m5 5 10 10M15 5 5 15" />
  </svg>
)

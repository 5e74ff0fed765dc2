/** The facts. Every key that ends in `Id` names something that events can be read by. */
import { defineEvents, type EventClient } from 'eventfold'
import { z } from 'zod'

const packageAdded = z.object({
  /** `debian/bash`: names are unique within their registry. */
  packageId: z.string(),
  name: z.string(),
  description: z.string(),
  keywords: z.array(z.string()),
})

const versionPublished = z.object({
  packageId: z.string(),
  /** `debian/bash@5.2.15-2` */
  releaseId: z.string(),
  /** `debian/matthias-klose` */
  publisherId: z.string(),
  version: z.string(),
  publishedAt: z.iso.datetime(),
})

export type Package = z.infer<typeof packageAdded>
export type Release = z.infer<typeof versionPublished>

export const events = defineEvents({
  PACKAGE_ADDED: packageAdded,
  VERSION_PUBLISHED: versionPublished,
})

export type HistoryClient = EventClient<typeof events>

/** The rules. What a command becomes depends on what the log says about the things it names. */
import { defineDecision, reject } from 'eventfold'
import { events, type Package, type Release } from './events.ts'

/** A package is added once: what the log knows already is no news. */
export const addPackages = defineDecision(events, {
  streams: (packages: readonly Package[]) => [
    {
      types: ['PACKAGE_ADDED'],
      filter: { packageId: { in: packages.map((one) => one.packageId) } },
    },
  ],
  initialState: new Set<string>(),
  evolve: {
    PACKAGE_ADDED: (known, { data }) => new Set([...known, data.packageId]),
  },
  decide: (packages, known) => {
    const news = new Map(packages.map((one) => [one.packageId, one]))
    for (const packageId of known) news.delete(packageId)
    return [...news.values()].map((data) => ({ type: 'PACKAGE_ADDED', data }))
  },
})

/**
 * A package exists before its versions, and a version is published once. The boundary is exactly the
 * packages and releases that the command names, however many: nobody else's work can conflict with it.
 */
export const publishVersions = defineDecision(events, {
  streams: (releases: readonly Release[]) => [
    {
      types: ['PACKAGE_ADDED'],
      filter: { packageId: { in: releases.map((one) => one.packageId) } },
    },
    {
      types: ['VERSION_PUBLISHED'],
      filter: { releaseId: { in: releases.map((one) => one.releaseId) } },
    },
  ],
  initialState: { packages: new Set<string>(), releases: new Set<string>() },
  evolve: {
    PACKAGE_ADDED: (known, { data }) => ({
      ...known,
      packages: new Set([...known.packages, data.packageId]),
    }),
    VERSION_PUBLISHED: (known, { data }) => ({
      ...known,
      releases: new Set([...known.releases, data.releaseId]),
    }),
  },
  decide: (releases, known) => {
    const orphan = releases.find((one) => !known.packages.has(one.packageId))
    if (orphan) return reject(`${orphan.packageId} does not exist: add the package first`)
    const news = new Map(releases.map((one) => [one.releaseId, one]))
    for (const releaseId of known.releases) news.delete(releaseId)
    return [...news.values()].map((data) => ({ type: 'VERSION_PUBLISHED', data }))
  },
})

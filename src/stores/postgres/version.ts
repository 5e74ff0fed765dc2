/**
 * The layout of a log, and of what its routines are told and answer. It is raised with every change of
 * either: `migrate` brings older logs up to date.
 */
export const VERSION = 2

/** SQLSTATE of what is refused because the log is of a newer version. */
export const NEWER_VERSION = 'EF001'

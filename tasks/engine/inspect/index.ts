// The door of engine/inspect: questions about the build: query, explain, graph, compdb, report, trace.
export { keepCompdb } from './compdb.ts'
export { Explained } from './includes.ts'
export { inspect } from './inspect.ts'
export { Journal } from './lastbuild.ts'
export type { Describe, Details } from './report.ts'
export { Tracer } from './trace.ts'

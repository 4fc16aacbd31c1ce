// The door of engine/decide: graph, fingerprint, stale, plan, orphans.

export { type Absence, Absences } from './absences.ts'
export { type Digest, Files, sameVersion } from './files.ts'
export { fingerprint, type ProgramFacts, writesDepfile } from './fingerprint.ts'
export { Graph, missingTarget, type Node } from './graph.ts'
export { knowsEnough, removeHalfMade, removeOrphans } from './orphans.ts'
export { isStale, type Plan, plan } from './plan.ts'
export { Staleness } from './stale.ts'

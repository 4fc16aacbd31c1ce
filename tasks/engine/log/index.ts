// The door of engine/log: the build log.
export { BuildLog } from './buildlog.ts'
export { type Answer, type EdgeRecord, idsOf } from './edgerecord.ts'
export type { Stamp } from './stamp.ts'

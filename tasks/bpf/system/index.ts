// The door of bpf/system: root, tracefs, what was installed where.
export { type Item, Manifest } from './installedfiles.ts'
export { isObject, jsonLines, listOf, numberOf, type Said, textOf } from './jsonlines.ts'
export { literalPattern } from './literalpattern.ts'
export { type OwnProgram, ownProgram } from './ownprogram.ts'
export { startPath } from './startpath.ts'
export { asRoot, findProgram, isRoot } from './sudo.ts'
export { parseTaskArguments } from './taskarguments.ts'
export { findTracefs, type Tracefs } from './tracefs.ts'

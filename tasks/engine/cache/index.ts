// The door of engine/cache: results of commands, kept by what they were made from.
export { sizeOf } from './folder.ts'
export { ActionCache, cacheFolder } from './open.ts'

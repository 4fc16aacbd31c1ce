// The door of engine/cache: results of commands, kept by what they were made from.
export { type CachePlace, cachePlaces, clearCache } from './facts.ts'
export { ActionCache } from './open.ts'

// The door of bpf/rules: sources to edges: object, skeleton, loader, vmlinux.h.
export type { BpftoolChoice, LibbpfChoice, SharedLibbpf } from './choices.ts'
export { embedded, minCoreBtf } from './embeddedfile.ts'
export { kernelHeaders } from './kernelheaders.ts'
export {
  type Archive,
  archive,
  type Plugin,
  type PluginOptions,
  plugin,
  pluginChecks,
  type SharedLibrary,
  type SharedLibraryOptions,
  sharedAmong,
  sharedLibbpfWords,
  sharedLibrary,
  sharedLibraryChecks,
} from './library.ts'
export { type Loader, linkedProgram, type UserObject, userObject } from './loader.ts'
export { type BpfObject, bpfObject, linkedObject, rawPath, strippedObject } from './object.ts'
export { type FeatureSpec, feature, fileFeature, withFeature } from './optionalfeature.ts'
export {
  type CompileOptions,
  type Cpu,
  combined,
  compileChecks,
  type Defines,
  type Endian,
  type Finish,
  type Folder,
  type FrontEnd,
  identifier,
  isMadeSource,
  type LibbpfLink,
  type LinkOptions,
  linkChecks,
  type ObjectOptions,
  type Objects,
  objectChecks,
  pathOf,
  type SourceFile,
  type Sources,
  sourceList,
  sourcePath,
  type UserOptions,
} from './options.ts'
export { type Precompiler, precompiler } from './pch.ts'
export {
  type Skeleton,
  type SkeletonKind,
  type SkeletonOptions,
  skeleton,
  skeletonEndings,
} from './skeleton.ts'
export { type VmlinuxChoice, type VmlinuxSpec, vmlinuxChoice, vmlinuxHeader } from './vmlinux.ts'

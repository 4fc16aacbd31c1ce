// The door of bpf/tree: the rules of a tree, and its tools.
export type {
  BpfObjects,
  BpfRules,
  GoObjects,
  LinkedOptions,
  OutputOption,
  PlaceOption,
  ProgramOptions,
  ProjectOptions,
  TreeOptions,
  UserObjectOptions,
  VariantAxes,
  VariantRules,
} from './bpfrules.ts'
export { bpfRules } from './bpftree.ts'
export { mustKnow, type ToolSource } from './sourcefinder.ts'
export type { LibbpfHandles, ToolHandles } from './toolhandles.ts'
export { programNamed, programNames, type ToolProgram, toolFiles, toolNamed } from './toolnamed.ts'
export type {
  BuiltTool,
  KnownTool,
  LeftOut,
  ToolOptions,
  Tools,
  ToolsOptions,
} from './tooloptions.ts'
export {
  checkVerifyOptions,
  type ExpectedOutcome,
  KERNELS,
  leftOutBy,
  type VerifyOptions,
  verifierWords,
} from './verifyoptions.ts'

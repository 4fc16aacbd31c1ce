// All that the BPF room gives: rules that describe a libbpf tree.

export type { InstallOptions } from './live/installtools.ts'
export { doctor, newTask, runLoader, setup } from './live/machinetasks.ts'
export { type TreeTasksOptions, treeTasks } from './live/treetasks.ts'
export type { Check, CheckCase, Demo } from './proof/check/demo.ts'
export type { Evidence } from './proof/check/evidence.ts'
export { proofTasks, verifyTask } from './proof/prooftasks.ts'
export type { Loader, Objects, UserObject } from './rules/loader.ts'
export type { BpfObject } from './rules/object.ts'
export {
  type FeatureSpec,
  feature,
  fileFeature,
  withFeature,
} from './rules/optionalfeature.ts'
export type {
  CompileOptions,
  Cpu,
  Defines,
  Finish,
  Folder,
  LinkOptions,
  ObjectOptions,
  UserOptions,
} from './rules/options.ts'
export type { Skeleton, SkeletonKind, SkeletonOptions } from './rules/skeleton.ts'
export type { VmlinuxSpec } from './rules/vmlinux.ts'
export type { BpftoolSpec } from './sources/bpftoolchoice.ts'
export type { LibbpfSpec } from './sources/libbpfasked.ts'
export { sourceTasks } from './sources/sourcetasks.ts'
export type { Feature } from './toolchain/compilerprobes.ts'
export type {
  BpfObjects,
  BpfRules,
  LinkedOptions,
  OutputOption,
  PlaceOption,
  ProgramOptions,
  ProjectOptions,
  TreeOptions,
  UserObjectOptions,
  VariantAxes,
  VariantRules,
} from './tree/bpfrules.ts'
export { bpfRules } from './tree/bpftree.ts'
export type { ToolSource } from './tree/sourcefinder.ts'
export type { BuiltTool, ToolOptions, Tools, ToolsOptions } from './tree/tooloptions.ts'

// All that the BPF room gives: rules that describe a libbpf tree.
export type { BpftoolSpec } from './bpftoolchoice.ts'
export type { Check, CheckCase, Demo, Program } from './check/demo.ts'
export type { Evidence } from './check/evidence.ts'
export { type Feature, type FeatureSpec, feature, fileFeature, withFeature } from './feature.ts'
export type { LibbpfSpec } from './libbpfspec.ts'
export type { Loader, Objects, UserObject } from './loader.ts'
export { doctor, newTask, runLoader, setup } from './machine.ts'
export type { BpfObject } from './object.ts'
export type {
  CompileOptions,
  Cpu,
  Defines,
  Finish,
  Folder,
  LinkOptions,
  ObjectOptions,
  UserOptions,
} from './options.ts'
export { proofTasks, verifyTask } from './proof.ts'
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
} from './rules.ts'
export type { Skeleton, SkeletonKind, SkeletonOptions } from './skeleton.ts'
export { sourceTasks } from './sourcetasks.ts'
export type { BuiltTool, ToolOptions, Tools, ToolsOptions } from './tools.ts'
export type { ToolSource } from './toolsources.ts'
export { bpfRules } from './tree.ts'
export { type InstallOptions, type TreeTasksOptions, treeTasks } from './treetasks.ts'
export type { VariantAxes, VariantRules } from './variants.ts'
export type { VmlinuxSpec } from './vmlinux.ts'

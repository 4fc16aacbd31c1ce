// All that the BPF room gives: rules that describe a libbpf tree.

export type { GoBindingsOptions } from './bindings/index.ts'
export { doctor, newTask, runLoader, setup } from './live/index.ts'
export type { Check, CheckCase, Evidence } from './proof/index.ts'
export {
  type Archive,
  type BpfObject,
  type CompileOptions,
  type Cpu,
  type Defines,
  type Endian,
  type FeatureSpec,
  type Finish,
  type Folder,
  type FrontEnd,
  feature,
  fileFeature,
  type LinkOptions,
  type Loader,
  type ObjectOptions,
  type Objects,
  type Plugin,
  type PluginOptions,
  type SharedLibrary,
  type SharedLibraryOptions,
  type Skeleton,
  type SkeletonKind,
  type SkeletonOptions,
  type SourceFile,
  type Sources,
  type UserObject,
  type UserOptions,
  type VmlinuxSpec,
  withFeature,
} from './rules/index.ts'
export { type BpftoolSpec, type LibbpfSpec, sourceTasks } from './sources/index.ts'
export {
  type Feature,
  type PkgConfigLibrary,
  type PkgConfigOptions,
  pkgConfig,
} from './toolchain/index.ts'
export {
  type BpfObjects,
  type BpfRules,
  type BuiltTool,
  bpfRules,
  type ExpectedOutcome,
  type GoObjects,
  type LibbpfHandles,
  type LinkedOptions,
  type OutputOption,
  type PlaceOption,
  type ProgramOptions,
  type ProjectOptions,
  type ToolHandles,
  type ToolOptions,
  type ToolSource,
  type Tools,
  type ToolsOptions,
  type TreeOptions,
  type UserObjectOptions,
  type VariantAxes,
  type VariantRules,
  type VerifyOptions,
} from './tree/index.ts'
export {
  type InstallOptions,
  type ToolHandle,
  type TreeTasksOptions,
  treeTasks,
} from './treetasks/index.ts'

// The door of bpf/toolchain: the programs that build BPF, what they can do, settings.
export {
  bpfFlags,
  colourFlags,
  extraCflags,
  extraLdflags,
  flagsOf,
  userCflags,
  userCxxflags,
  userLdflags,
  wordsOf,
} from './compileflags.ts'
export {
  arch,
  archOf,
  bpfTarget,
  bpftoolSkeletons,
  byteOrder,
  compilerTarget,
  compiles,
  crossTarget,
  type Feature,
  knownArch,
  libelfNeeds,
  llcTarget,
  otherArchNotes,
  searchedFolders,
  systemIncludes,
} from './compilerprobes.ts'
export {
  bfd,
  bfdStyled,
  coRe,
  features,
  hostFeatures,
  type LibraryFeature,
  type LlvmFlags,
  libbfd,
  llvm,
  llvmDisassembler,
  targetFeatures,
} from './libraryfeatures.ts'
export { linkReads } from './linkreads.ts'
export {
  guestNeeds,
  hasSubstitute,
  headerNeeds,
  installCommand,
  lacksCandidate,
  type Manager,
  managers,
  type Need,
  needs,
  packagesFor,
  parseRelease,
  pickManager,
  placesOf,
  type Release,
} from './packages.ts'
export {
  libelfWords,
  type PkgConfigLibrary,
  type PkgConfigOptions,
  pkgConfig,
} from './pkgconfig.ts'
export { host, isCross, type Platform, target } from './platform.ts'
export { ar, bpftool, cc, clang, cxx, llc, llvmStrip, python } from './programs.ts'
export { remedies } from './remedies.ts'
export { responseFiles } from './responsefiles.ts'
export { compilerEnvironment, isOn, settings } from './settings.ts'

// What a tree is described with: options of its rules, and the rules, functions from sources to handles.
import type { Derived, Edge, Input, MainOptions, Setting } from '../../engine/index.ts'
import type { GoBindingsOptions, GoObjectsOf } from '../bindings/index.ts'
import type {
  Archive,
  BpfObject,
  Cpu,
  Defines,
  Folder,
  LinkOptions,
  Loader,
  ObjectOptions,
  Objects,
  Plugin,
  PluginOptions,
  SharedLibrary,
  SharedLibraryOptions,
  Skeleton,
  SkeletonOptions,
  SourceFile,
  Sources,
  UserObject,
  UserOptions,
  VmlinuxSpec,
} from '../rules/index.ts'
import type { BpftoolSpec, FromSource, LibbpfSpec } from '../sources/index.ts'
import type { ToolHandles } from './toolhandles.ts'
import type { Tools, ToolsOptions } from './tooloptions.ts'

/**
 * Where something is put that has no place of its own.
 * @example
 * const where: OutputOption = { output: 'objects/x.bpf.o' }
 */
export interface OutputOption {
  /** Path below the folder of what is made. */
  readonly output?: string
}

/**
 * Where each of those that match is put.
 * @example
 * const beside: PlaceOption = { place: (source) => source.replace('src/', '') }
 */
export interface PlaceOption {
  /** Path below the folder of what is made. Default: the source's own name; its folder is left out. */
  readonly place?: (source: string) => string
}

/**
 * A handle, or all of a glob.
 * @example
 * const all: BpfObjects = bpfRules({ out: 'build' }).objects('progs/*.bpf.c')
 */
export type BpfObjects = BpfObject | Derived<readonly BpfObject[]>

/**
 * What a project of a tree adds to the rules of the tree.
 * @example
 * const net = bpf.project('net', { includes: ['net/include'], bpf: { cpu: 'v3' } })
 */
export interface ProjectOptions {
  /** Folders for `-I` of every compile. */
  readonly includes?: readonly Folder[]
  /** Generated headers that are there before every compile. */
  readonly headers?: readonly Input[]
  /** For every BPF object. */
  readonly bpf?: ObjectOptions
  /** For every compile and link of user space. */
  readonly user?: UserOptions & LinkOptions
  /** The folder of programs, relative to the root; without it, that of what is made. */
  readonly programs?: string
  /** By any of its names: x86, x86_64, arm64, …; without it, ARCH or what the compiler builds for. */
  readonly arch?: string
}

/**
 * How a tree is built.
 * @example
 * const bpf = bpfRules({ out: 'build', vmlinux: 'kernel', bpf: { cpu: 'v3' } })
 */
export interface TreeOptions extends ProjectOptions {
  /**
   * `import.meta.dirname`, for a tasks.ts that another one may import. All paths are of this folder then. In the build of
   * the other one, what is made goes to `out/FOLDER`, and {@link main} does nothing here.
   */
  readonly root?: string
  /** Folder of what is made, relative to the root. Default: `build`. */
  readonly out?: string
  readonly vmlinux?: VmlinuxSpec
  readonly libbpf?: LibbpfSpec
  readonly bpftool?: BpftoolSpec
}

/**
 * What a compile of user space needs besides its flags.
 * @example
 * const options: UserObjectOptions = { skeletons: [bpf.skeleton(bpf.object('x.bpf.c'))], flags: ['-pthread'] }
 */
export interface UserObjectOptions extends UserOptions, OutputOption {
  /** Skeletons that the source includes. */
  readonly skeletons?: readonly Skeleton[]
}

/**
 * What a program is linked from and with, besides its own object.
 * @example
 * const options: LinkedOptions = { objects: [bpf.userObject('log.c')], libraries: ['-lm'] }
 */
export interface LinkedOptions
  extends LinkOptions,
    OutputOption,
    Pick<UserOptions, 'flags' | 'cflags'> {
  /** Objects of user space to link in. */
  readonly objects?: readonly Objects[]
}

/**
 * What a program is compiled and linked with.
 * @example
 * const options: ProgramOptions = { skeletons: [bpf.skeleton(bpf.object('x.bpf.c'))], libraries: ['-lm'] }
 */
export interface ProgramOptions extends UserOptions, LinkedOptions {
  /** Skeletons that the source includes. */
  readonly skeletons?: readonly Skeleton[]
}

/**
 * What Go embeds: one object for all machines, one for each byte order, or one for each of some GOARCH.
 * @example
 * const both: GoObjects = { little: bpf.object('x.bpf.c', { endian: 'little' }), big: bpf.object('x.bpf.c', { endian: 'big', output: 'big/x.bpf.o' }) }
 */
export type GoObjects = GoObjectsOf<BpfObject>

/**
 * How one tree of BPF programs is built. Every function returns a handle and touches nothing.
 * @example
 * const hello = (bpf: BpfRules) => bpf.loader('hello.c', { skeletons: [bpf.skeleton(bpf.object('hello.bpf.c'))] })
 */
export interface BpfRules extends ToolHandles {
  /** Folder of what is made. */
  readonly out: string
  /** Folder of programs. */
  readonly programs: string
  /** What is built for, as the kernel names it. */
  readonly arch: Derived<string>
  /** vmlinux.h, where the build makes it. */
  readonly vmlinux: Derived<Input | undefined>
  /** What is built from the sources that LIBBPF, LIBBPF_TOP, BPFTOOL_TOP or the tree name. */
  readonly fromSource: FromSource
  /** Everything that may be set on the command line. */
  readonly settings: readonly Setting[]
  /**
   * What `main` is to know of the tree.
   * @example
   * await main({ build: task('Build it', [bpf.loader('x.c')]) }, bpf.mainOptions)
   */
  readonly mainOptions: MainOptions
  /**
   * The same rules for a part of the tree: outputs in `out/name`, and options that add up.
   * @example
   * const net = bpf.project('net', { includes: ['net/include'] })
   */
  project(name: string, options?: ProjectOptions): BpfRules
  /**
   * `x.bpf.c` → `x.bpf.o`; the source may be one that an edge makes.
   * @example
   * const object = bpf.object('x.bpf.c', { cpu: 'v3', defines: { DEBUG: true } })
   */
  object(source: SourceFile, options?: ObjectOptions & OutputOption): BpfObject
  /**
   * All that match, each compiled once; sources that edges make may be among the patterns.
   * @example
   * const parts = bpf.objects('programs/*.bpf.c', { cpu: 'v3' })
   */
  objects(patterns: Sources, options?: ObjectOptions & PlaceOption): Derived<readonly BpfObject[]>
  /**
   * Several objects → `name.bpf.o`, by `bpftool gen object`.
   * @example
   * const both = bpf.linkedObject('both', [bpf.object('a.bpf.c'), bpf.object('b.bpf.c')])
   */
  linkedObject(
    name: string,
    objects: readonly [BpfObjects, ...BpfObjects[]],
    options?: OutputOption,
  ): BpfObject
  /**
   * An object without debug information other than BTF → `name.bpf.o`, by `llvm-strip -g`.
   * @example
   * const small = bpf.strippedObject('small', bpf.object('x.bpf.c'))
   */
  strippedObject(name: string, object: BpfObject, options?: OutputOption): BpfObject
  /**
   * `x.bpf.o` → `x.skel.h`; `x.lskel.h` or `x.subskel.h` by its kind.
   * @example
   * const light = bpf.skeleton(bpf.object('x.bpf.c'), { kind: 'light', name: 'x' })
   */
  skeleton(object: BpfObject, options?: SkeletonOptions & OutputOption): Skeleton
  /**
   * `x.c` → `x.o` of user space, to be linked into programs; C++ by its ending.
   * @example
   * const shared = bpf.userObject('common/log.c')
   */
  userObject(source: SourceFile, options?: UserObjectOptions): UserObject
  /**
   * All that match, each compiled once; sources that edges make may be among the patterns.
   * @example
   * const shared = bpf.userObjects('common/*.c', { defines: { _GNU_SOURCE: true } })
   */
  userObjects(
    patterns: Sources,
    options?: Omit<UserObjectOptions, 'output'> & PlaceOption,
  ): Derived<readonly UserObject[]>
  /**
   * Objects → `libNAME.a`, to be linked into programs and libraries.
   * @example
   * const common = bpf.archive('common', [bpf.userObjects('common/*.c')])
   */
  archive(name: string, objects: readonly Objects[], options?: OutputOption): Archive
  /**
   * Objects → `libNAME.so`, to be linked with: its objects need `-fPIC`. Programs of the build folder
   * find it there. With a `version`, or another `soname`, all names are made.
   * @example
   * const objects = [bpf.userObject('events.c', { flags: ['-fPIC'] })]
   * const events = bpf.sharedLibrary('events', objects, { version: '1.2.0', versionScript: 'events.map' })
   * const loader = bpf.loader('x.c', { objects: [events] })
   */
  sharedLibrary(
    name: string,
    objects: readonly Objects[],
    options?: SharedLibraryOptions & OutputOption,
  ): SharedLibrary
  /**
   * Objects → `NAME.so`, which a program opens at run time; what it leaves undefined, the program has.
   * @example
   * const net = bpf.plugin('net', [bpf.userObject('net.c', { flags: ['-fPIC'] })], { output: 'plugins/net.so' })
   */
  plugin(name: string, objects: readonly Objects[], options?: PluginOptions & OutputOption): Plugin
  /**
   * `x.c` → the program `x`, linked with libbpf; `static/x` where it is linked statically. Its object is `x.o`, or beside
   * an `output` by that name. Of an object that is there already, the program is linked.
   * @example
   * const loader = bpf.loader('x.c', { skeletons: [bpf.skeleton(bpf.object('x.bpf.c'))] })
   */
  loader(object: UserObject, options?: LinkedOptions): Loader
  loader<S extends SourceFile>(
    source: S extends UserObject ? never : S,
    options?: ProgramOptions,
  ): Loader
  /**
   * The same program linked statically, as `static/x`: for guests, which have no libraries.
   * @example
   * const inGuest = bpf.staticTwin(bpf.loader('x.c'))
   */
  staticTwin(program: Loader): Loader
  /**
   * Links to a program, beside it: a tool that looks at the name that it is called by.
   * @example
   * const links = bpf.aliases(bpf.loader('fsdist.c'), ['ext4dist', 'xfsdist'])
   */
  aliases(program: Loader, names: readonly string[]): readonly Edge[]
  /**
   * A tool for each BPF source that matches: `name.bpf.c`, and its loader `name.c` where there is one.
   * @example
   * const tools = bpf.tools('*.bpf.c', { each: { softirqs: { bpf: { cpu: 'v3' } } } })
   */
  tools(patterns: Sources, options?: ToolsOptions): Tools
  /**
   * The same rules once for each way to build: outputs in `out/x86-v3-debug` and the like.
   * @example
   * const objects = bpf.variants({ cpu: ['v2', 'v3'] }).map((rules) => rules.object('x.bpf.c'))
   */
  variants(axes: VariantAxes): readonly VariantRules[]
  /**
   * The part of a kernel's BTF that objects need, for kernels that bring none; beside the tool, or in
   * it by {@link BpfRules.embedded}.
   * @example
   * const btf = bpf.minCoreBtf('btf/5.4.0-generic.btf', [bpf.object('x.bpf.c')])
   */
  minCoreBtf(
    btf: SourceFile,
    objects: readonly [BpfObjects, ...BpfObjects[]],
    options?: OutputOption,
  ): Edge<'MINBTF'>
  /**
   * An object, and the Go file that embeds it for github.com/cilium/ebpf, as bpf2go writes it: for all machines,
   * or one for each byte order or each GOARCH. Go builds them as inputs of {@link foreign}.
   * @example
   * const object = bpf.object('drop.bpf.c', { finish: 'stripped' })
   * const bindings = bpf.goBindings(object, { package: 'main', folder: 'cmd/drop', types: ['event'] })
   */
  goBindings(objects: GoObjects, options: GoBindingsOptions): readonly Edge[]
  /**
   * Any file as an object of user space, between the symbols `name_start` and `name_end`.
   * @example
   * const object = bpf.embedded(bpf.minCoreBtf('5.4.btf', [bpf.object('x.bpf.c')]), 'min_btf')
   */
  embedded(file: SourceFile, name: string): UserObject
}

/**
 * What varies. Defines and other options have names, as they are part of a folder's.
 * @example
 * const axes: VariantAxes = { arch: ['x86', 'arm64'], cpu: ['v2', 'v3'], defines: { plain: {}, debug: { DEBUG: true } } }
 */
export interface VariantAxes {
  /** As the kernel names them. Programs of user space are only built for what the compiler builds for. */
  readonly arch?: readonly string[]
  readonly cpu?: readonly Cpu[]
  readonly defines?: Readonly<Record<string, Defines>>
  /** Any options by a name: `{ small: { bpf: { cpu: 'v2' }, includes: ['small'] } }`. */
  readonly named?: Readonly<Record<string, ProjectOptions>>
}

/**
 * The rules of one way to build.
 * @example
 * const object = (rules: VariantRules) => [rules.variant, rules.object('x.bpf.c')] as const
 */
export interface VariantRules extends BpfRules {
  /** Its name, and that of its folder: `x86-v3-debug`. */
  readonly variant: string
}

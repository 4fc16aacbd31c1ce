// The NAMEs that the Makefiles of eBPF projects let people set, with the meaning they have there.
import { type Arg, setting } from '../../engine/index.ts'

export const settings = {
  ARCH: setting(
    'ARCH',
    'target architecture by any of its names: x86, x86_64, amd64, arm64, aarch64, …',
  ),
  CLANG: setting('CLANG', 'compiler for BPF programs'),
  BPFTOOL: setting(
    'BPFTOOL',
    'bpftool to dump BTF and make skeletons with; build: the one from BPFTOOL_TOP',
  ),
  CC: setting('CC', 'compiler for user space'),
  CXX: setting('CXX', 'compiler for user space in C++'),
  AR: setting('AR', 'archiver'),
  LLVM_STRIP: setting('LLVM_STRIP', 'llvm-strip'),
  LLC: setting('LLC', 'llc, for BPF objects of the host front end'),
  PKG_CONFIG: setting('PKG_CONFIG', 'pkg-config'),
  PKG_CONFIG_PATH: setting('PKG_CONFIG_PATH', 'folders in which pkg-config looks first'),
  PKG_CONFIG_LIBDIR: setting(
    'PKG_CONFIG_LIBDIR',
    'folders in which pkg-config looks instead of its own',
  ),
  PKG_CONFIG_SYSROOT_DIR: setting(
    'PKG_CONFIG_SYSROOT_DIR',
    'folder that stands for / in what pkg-config says',
  ),
  CROSS_COMPILE: setting(
    'CROSS_COMPILE',
    'prefix of the names of cc, ar and pkg-config for another machine, such as aarch64-linux-gnu-',
  ),
  HOSTCC: setting('HOSTCC', 'with CROSS_COMPILE: compiler for this machine'),
  HOSTAR: setting('HOSTAR', 'with CROSS_COMPILE: archiver for this machine'),
  VMLINUX_BTF: setting('VMLINUX_BTF', 'file to read kernel types from', '/sys/kernel/btf/vmlinux'),
  VMLINUX_H: setting('VMLINUX_H', 'a vmlinux.h to use instead of dumping one'),
  LIBBPF: setting(
    'LIBBPF',
    'libbpf to build with: system (default), source (see LIBBPF_TOP), git:TAG, or a prefix it is in',
  ),
  LIBBPF_TOP: setting('LIBBPF_TOP', 'libbpf’s sources: a checkout, a release, or a kernel tree'),
  LIBBPF_GIT: setting(
    'LIBBPF_GIT',
    'repository that LIBBPF=git:TAG clones',
    'https://github.com/libbpf/libbpf',
  ),
  BPFTOOL_TOP: setting('BPFTOOL_TOP', 'bpftool’s sources: its repository, or a kernel tree'),
  PREFIX: setting('PREFIX', 'where to install', '/usr/local'),
  DESTDIR: setting('DESTDIR', 'folder that stands for / while installing'),
  BINDIR: setting('BINDIR', 'where to install programs, instead of PREFIX/bin'),
  APP_PREFIX: setting('APP_PREFIX', 'what the names of installed programs begin with'),
  LIBDIR: setting('LIBDIR', 'where to install libraries, instead of PREFIX/lib64 or PREFIX/lib'),
  INCLUDEDIR: setting('INCLUDEDIR', 'where to install headers, instead of PREFIX/include'),
  BUILD_STATIC_ONLY: setting('BUILD_STATIC_ONLY', 'set: build and install no shared libbpf'),
  NO_PKG_CONFIG: setting('NO_PKG_CONFIG', 'set: link libelf and zlib without asking pkg-config'),
  CFLAGS: setting(
    'CFLAGS',
    'flags of compiles of C for user space; those of libbpf have -g -O2 -Wall -std=gnu89 without it',
  ),
  CXXFLAGS: setting('CXXFLAGS', 'flags of compiles of C++'),
  LDFLAGS: setting('LDFLAGS', 'flags of links, before what is linked'),
  EXTRA_CFLAGS: setting('EXTRA_CFLAGS', 'flags added to every compile, of BPF too'),
  EXTRA_LDFLAGS: setting('EXTRA_LDFLAGS', 'flags added to every link, behind all others'),
  PCH: setting(
    'PCH',
    '1: precompile vmlinux.h for every BPF program; 0: for none, whatever tasks.ts says',
  ),
  SSH: setting('SSH', 'ssh and its options, by which --on reaches other machines', 'ssh'),
  V: setting('V', '1: show commands, as -v does'),
} as const

/**
 * Environment that compilers read: handed on, and recorded, so that a change is noticed. Their folder goes by a
 * name that is the same wherever the tree lies, because it is written into what they make.
 */
export const compilerEnvironment: Readonly<Record<string, Arg>> = {
  PWD: '/proc/self/cwd',
  ...Object.fromEntries(
    [
      'CPATH',
      'C_INCLUDE_PATH',
      'CPLUS_INCLUDE_PATH',
      'LIBRARY_PATH',
      'COMPILER_PATH',
      'GCC_EXEC_PREFIX',
      'SOURCE_DATE_EPOCH',
    ].map((name) => [name, setting(name, 'read by compilers')]),
  ),
}

/** True for a setting that counts by being set, as `ifdef` in a Makefile has it. */
export function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0'
}

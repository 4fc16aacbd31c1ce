// What mends the failures of compilers that are hard to read, by what they say.

export interface Remedy {
  readonly said: RegExp
  readonly hint: string
}

const ofBpf: readonly Remedy[] = [
  {
    // Clang defines no __x86_64__ for BPF, so the headers of glibc take the machine for one of 32 bits.
    said: /'gnu\/stubs-32\.h' file not found/,
    hint:
      'include <linux/bpf.h> and no header of the C library\n' +
      'or define it: bpfRules({ bpf: { defines: { __x86_64__: true } } })\n' +
      'or install the headers: apt-get install libc6-dev-i386',
  },
  {
    said: /redefinition of[\s\S]*vmlinux\.h:\d+:\d+: note: previous definition|vmlinux\.h:\d+:\d+: error: (?:typedef )?redefinition/,
    hint: 'vmlinux.h has all types of the kernel: include no header of linux/ or asm/ beside it',
  },
]

const ofUser: readonly Remedy[] = [
  {
    said: /bpf_(?:object|map|prog)_skeleton\W.* has no member named|no member named .* in 'struct bpf_(?:object|map|prog)_skeleton'/,
    hint:
      'the bpftool that made the skeleton is newer than this libbpf\n' +
      'build both from one tree: LIBBPF=source LIBBPF_TOP=DIR BPFTOOL=build BPFTOOL_TOP=DIR (doc/libbpf.md)',
  },
]

const ofLinks: readonly Remedy[] = [
  {
    said: /undefined (?:reference to|symbol:? )/,
    hint:
      "link what defines it: objects: [bpf.userObjects('helpers.c')] of the tool, or of all tools\n" +
      "or its library: libraries: ['-lm']",
  },
]

const ofLlc: readonly Remedy[] = [
  {
    said: /Unknown attribute kind|Invalid (?:record|bitcode)|Producer: '[^']*' Reader:/,
    hint: 'clang and llc are of two versions: name those of one, such as CLANG=clang-14 LLC=llc-14',
  },
]

const ofSharedLinks: readonly Remedy[] = [
  {
    said: /libbpf\.a[\s\S]*recompile with -fPIC/,
    hint: "this libbpf.a is not made for libraries: link the shared one, libraries: ['-lbpf']",
  },
  {
    said: /recompile with -f(PIC|pic)|can not be used when making a shared object/,
    hint: "compile the objects of a library so: bpf.userObject(source, { flags: ['-fPIC'] })",
  },
]

const ofSkeletons: readonly Remedy[] = [
  {
    said: /failed to find BTF for extern '\w+'/,
    hint:
      'say where it is: __ksym for a symbol of the kernel, __kconfig for one of its settings\n' +
      'or link the object that defines it: bpf.linkedObject(name, [object, other])',
  },
  {
    said: /failed to open (?:BPF )?object file: Invalid argument|libbpf: BTF loading error|invalid BTF kind/i,
    hint:
      'this bpftool does not know what this clang writes: npx tsx tasks.ts doctor shows both versions\n' +
      'take a newer one: BPFTOOL=/path/to/bpftool, or BPFTOOL=build BPFTOOL_TOP=DIR (doc/libbpf.md)',
  },
  {
    said: /is not a proper ELF object/,
    hint: 'clang wrote another format, as with -flto: leave that out of EXTRA_CFLAGS and of the flags of `bpf`',
  },
]

function byWhatIsSaid(remedies: readonly Remedy[]): (output: string) => string | undefined {
  return (output) => {
    const plain = output.replace(/\u001b\[[\d;]*[mK]/g, '')
    return remedies.find(({ said }) => said.test(plain))?.hint
  }
}

/** All of them; doc/troubleshooting.md has each. */
export const knownFailures: readonly Remedy[] = [
  ...[...ofBpf, ...ofUser, ...ofLinks, ...ofLlc, ...ofSharedLinks, ...ofSkeletons],
]

/** For `remedy` of edges that compile BPF, also from bitcode, compile for user space, make skeletons, or link. */
export const remedies = {
  bpf: byWhatIsSaid(ofBpf),
  user: byWhatIsSaid(ofUser),
  skeleton: byWhatIsSaid(ofSkeletons),
  llc: byWhatIsSaid(ofLlc),
  link: byWhatIsSaid(ofLinks),
  sharedLink: byWhatIsSaid(ofSharedLinks),
} as const

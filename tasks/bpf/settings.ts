// The NAMEs that the Makefiles of eBPF projects let people set, with the meaning they have there.
import { setting } from '../engine/index.ts'

export const settings = {
  ARCH: setting('ARCH', 'target architecture as the kernel names it: x86, arm64, riscv, …'),
  CLANG: setting('CLANG', 'compiler for BPF programs'),
  BPFTOOL: setting('BPFTOOL', 'bpftool to dump BTF and make skeletons with'),
  CC: setting('CC', 'compiler for user space'),
  AR: setting('AR', 'archiver'),
  LLVM_STRIP: setting('LLVM_STRIP', 'llvm-strip'),
  CROSS_COMPILE: setting(
    'CROSS_COMPILE',
    'prefix of the target’s tools, such as aarch64-linux-gnu-',
  ),
  VMLINUX_BTF: setting('VMLINUX_BTF', 'file to read kernel types from', '/sys/kernel/btf/vmlinux'),
  VMLINUX_H: setting('VMLINUX_H', 'a vmlinux.h to use instead of dumping one'),
  EXTRA_CFLAGS: setting('EXTRA_CFLAGS', 'flags added to every compile'),
  EXTRA_LDFLAGS: setting('EXTRA_LDFLAGS', 'flags added to every link'),
} as const

/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* The kernel function that execve(2) enters by, which is named after the architecture. */
#ifndef EXECVE_ENTRY_BPF_H
#define EXECVE_ENTRY_BPF_H

#if defined(__TARGET_ARCH_x86)
#define EXECVE_ENTRY "__x64_sys_execve"
#elif defined(__TARGET_ARCH_arm64)
#define EXECVE_ENTRY "__arm64_sys_execve"
#else
/* Add the entry of another architecture above. */
#error "compile with -D__TARGET_ARCH_x86 or -D__TARGET_ARCH_arm64: no other execve entry is known"
#endif

#endif

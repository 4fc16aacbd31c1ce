/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* What these tools use of the types of a kernel on arm64. */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#include "../types.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct user_pt_regs {
	__u64 regs[31];
	__u64 sp;
	__u64 pc;
	__u64 pstate;
};

struct pt_regs {
	struct user_pt_regs user_regs;
	u64 orig_x0;
};

#pragma clang attribute pop

#endif

/* SPDX-License-Identifier: MIT OR GPL-2.0 OR BSD-3-Clause */
/* Which execve(2) the kernel side sends: read-only data that the loader sets before the load. */
#ifndef EXECVE_FILTER_H
#define EXECVE_FILTER_H

#ifndef __bpf__ /* there vmlinux.h has these types already */
#include <linux/types.h>
#endif

#define EXECVE_FILTER_SECTION ".rodata.filter" /* holds one struct execve_filter, nothing else */

struct execve_filter {
	__u32 by_uid; /* 0: every user */
	__u32 uid;
};

_Static_assert(sizeof(struct execve_filter) == 8, "the same filter on both sides");

#endif

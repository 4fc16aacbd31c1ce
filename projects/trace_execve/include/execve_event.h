/* SPDX-License-Identifier: MIT OR GPL-2.0 OR BSD-3-Clause */
/* The record of one execve(2), as the kernel side sends it and the user side prints it. */
#ifndef EXECVE_EVENT_H
#define EXECVE_EVENT_H

#ifndef __bpf__ /* there vmlinux.h has these types already */
#include <linux/types.h>
#endif

#define EXECVE_COMM_SIZE 16
#define EXECVE_FILENAME_SIZE 4096 /* PATH_MAX: a path execve(2) accepts is never cut */
#define EXECVE_HEADER_SIZE __builtin_offsetof(struct execve_event, filename)

struct execve_event {
	__u64 ktime_ns;
	__u32 pid;
	__u32 ppid;
	__u32 uid;
	__s32 filename_length; /* without the NUL; below 0 when the name could not be read */
	char comm[EXECVE_COMM_SIZE];
	char parent_comm[EXECVE_COMM_SIZE];
	char filename[EXECVE_FILENAME_SIZE]; /* only the used part is sent */
};

_Static_assert(EXECVE_HEADER_SIZE == 56, "the same header on both sides");
_Static_assert(sizeof(struct execve_event) == 56 + EXECVE_FILENAME_SIZE, "no padding");

#endif

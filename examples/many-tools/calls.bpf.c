// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Counts the system calls of the processes that another part wants. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "count.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

extern int wanted(void);

__u64 calls;

SEC("tracepoint/raw_syscalls/sys_enter")
int count_call(void *ctx)
{
	(void)ctx;
	if (wanted())
		count(&calls);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Counts the system calls of one process. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile __u32 target;
__u64 calls;

SEC("tracepoint/raw_syscalls/sys_enter")
int count_call(struct trace_event_raw_sys_enter *ctx)
{
	(void)ctx;
	if (bpf_get_current_pid_tgid() >> 32 == target)
		__sync_fetch_and_add(&calls, 1);
	return 0;
}

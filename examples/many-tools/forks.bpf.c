// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Counts new threads. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "count.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

__u64 forks;

SEC("tp/sched/sched_process_fork")
int count_fork(void *ctx)
{
	(void)ctx;
	count(&forks);
	return 0;
}

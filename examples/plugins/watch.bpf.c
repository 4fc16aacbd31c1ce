// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Counts processes that end. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

__u64 ended = 0;

SEC("tp/sched/sched_process_exit")
int count_exit(void *ctx)
{
	(void)ctx;
	__sync_fetch_and_add(&ended, 1);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Counts switches between threads, with the instructions that only newer kernels know (-mcpu=v3). */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "count.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile bool odd_only;
__u64 switches;

SEC("tp/sched/sched_switch")
int count_switch(void *ctx)
{
	__u32 cpu = bpf_get_smp_processor_id();

	(void)ctx;
	if (!odd_only || cpu % 2)
		count(&switches);
	return 0;
}

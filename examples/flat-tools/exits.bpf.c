// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Counts processes that end, with the kernel's public headers and no vmlinux.h. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

SEC("tp/sched/sched_process_exit")
int count_exit(void *ctx)
{
	__u32 zero = 0;
	__u64 *count = bpf_map_lookup_elem(&counts, &zero);

	(void)ctx;
	if (count)
		__sync_fetch_and_add(count, 1);
	return 0;
}

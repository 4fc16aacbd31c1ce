// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Drops packets by the port in a map, and counts them. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "drop.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PORTS);
	__type(key, __u16);
	__type(value, struct verdict);
} verdicts SEC(".maps");

SEC("xdp")
int drop(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct verdict *verdict;
	__u16 *port = data;

	if ((void *)(port + 1) > end)
		return XDP_PASS;
	verdict = bpf_map_lookup_elem(&verdicts, port);
	if (!verdict)
		return XDP_PASS;
	__sync_fetch_and_add(&verdict->packets, 1);
	return verdict->drop ? XDP_DROP : XDP_PASS;
}

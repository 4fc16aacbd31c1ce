// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Counts the packets that come in on an interface, by protocol, before the kernel looks at them. */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "NAME.h"

#define ETH_P_IP 0x0800

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PROTOCOLS);
	__type(key, __u32);
	__type(value, struct count);
} counts SEC(".maps");

SEC("xdp")
int NAME(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *ethernet = data;
	struct iphdr *ip = (struct iphdr *)(ethernet + 1);
	struct count *count;
	__u32 protocol = 0;

	/* The verifier wants every read to be inside the packet. */
	if ((void *)(ethernet + 1) <= end && ethernet->h_proto == bpf_htons(ETH_P_IP) &&
	    (void *)(ip + 1) <= end)
		protocol = ip->protocol;
	count = bpf_map_lookup_elem(&counts, &protocol);
	if (count) {
		count->packets++;
		count->bytes += end - data;
	}
	return XDP_PASS;
}

// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Counts the packets that go out on an interface, by protocol. */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "NAME.h"

#define ETH_P_IP 0x0800
#define TC_ACT_OK 0

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, PROTOCOLS);
	__type(key, __u32);
	__type(value, struct count);
} counts SEC(".maps");

SEC("tc")
int NAME(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct iphdr *ip = data + sizeof(struct ethhdr);
	struct count *count;
	__u32 protocol = 0;

	/* The verifier wants every read to be inside the packet. */
	if (skb->protocol == bpf_htons(ETH_P_IP) && (void *)(ip + 1) <= end)
		protocol = ip->protocol;
	count = bpf_map_lookup_elem(&counts, &protocol);
	if (count) {
		count->packets++;
		count->bytes += skb->len;
	}
	return TC_ACT_OK;
}

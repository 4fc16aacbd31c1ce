// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Counts packets and their bytes where a network device receives them. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define TC_ACT_OK 0

__u64 packets;
__u64 bytes;

SEC("tc")
int count_packet(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&packets, 1);
	__sync_fetch_and_add(&bytes, skb->len);
	return TC_ACT_OK;
}

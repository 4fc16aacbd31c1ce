/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* The program around the rules. */
#ifndef FILTER_BPF_H
#define FILTER_BPF_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define FILTER(verdict_of)                                                     \
	char LICENSE[] SEC("license") = "Dual BSD/GPL";                        \
	SEC("xdp")                                                             \
	int filter(struct xdp_md *ctx)                                         \
	{                                                                      \
		struct ethhdr *ethernet = (void *)(long)ctx->data;             \
		struct iphdr *ip = (void *)(ethernet + 1);                     \
		struct udphdr *udp = (void *)(ip + 1);                         \
                                                                               \
		if ((void *)(udp + 1) > (void *)(long)ctx->data_end)           \
			return XDP_PASS;                                       \
		if (ethernet->h_proto != bpf_htons(ETH_P_IP) || ip->protocol != 17) \
			return XDP_PASS;                                       \
		return verdict_of(bpf_ntohs(udp->dest));                       \
	}

#endif

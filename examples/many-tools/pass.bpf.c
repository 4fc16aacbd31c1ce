// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Lets every packet pass and counts it. It has no loader: ip link set dev lo xdp obj pass.bpf.o */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "count.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

__u64 packets;

SEC("xdp")
int pass_packet(struct xdp_md *ctx)
{
	(void)ctx;
	count(&packets);
	return XDP_PASS;
}

// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Drops packets below a size; built once for each instruction set, plain and with a count. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "drop.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#ifdef COUNT
__u64 dropped = 0;
#endif

SEC("xdp")
int drop_small(struct xdp_md *ctx)
{
	if (ctx->data_end - ctx->data >= SMALLEST)
		return XDP_PASS;
#ifdef COUNT
	__sync_fetch_and_add(&dropped, 1);
#endif
	return XDP_DROP;
}

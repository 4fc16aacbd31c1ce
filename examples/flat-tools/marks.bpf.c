// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Adds up what a static tracepoint (USDT) of the loader tells. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/usdt.bpf.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

long sum;

SEC("usdt//proc/self/exe:flat_tools:mark")
int BPF_USDT(see_mark, int number)
{
	__sync_fetch_and_add(&sum, number);
	return 0;
}

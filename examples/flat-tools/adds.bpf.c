// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Adds up what a function of the loader is called with, by a uprobe. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

long sum;

SEC("uprobe")
int BPF_KPROBE(see_add, int a, int b)
{
	__sync_fetch_and_add(&sum, (long)a + b);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Writes one greeting to the kernel's trace pipe for every execve(2). */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tracepoint/syscalls/sys_enter_execve")
int bpf_prog(void *ctx)
{
	(void)ctx;
	bpf_printk("invoke bpf_prog: Hello, World!");
	return 0;
}

// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Sends an event for every execve(2), from a kprobe on the function it enters by. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "execve_entry.bpf.h"
#include "send_event.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("kprobe/" EXECVE_ENTRY)
int probe_execve(struct pt_regs *ctx)
{
	/* The function takes one argument: the registers user space entered the kernel with. */
	struct pt_regs *regs = (struct pt_regs *)PT_REGS_PARM1(ctx);

	return send_event(ctx, (const char *)PT_REGS_PARM1_CORE_SYSCALL(regs));
}

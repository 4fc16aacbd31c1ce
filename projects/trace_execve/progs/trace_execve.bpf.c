// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Sends an event for every execve(2), from the tracepoint at its entry. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "send_event.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tracepoint/syscalls/sys_enter_execve")
int trace_execve(struct trace_event_raw_sys_enter *ctx)
{
	return send_event(ctx, (const char *)ctx->args[0]);
}

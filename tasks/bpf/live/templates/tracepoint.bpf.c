// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Sends an event for every execve(2), from the tracepoint at its entry. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "NAME.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_execve")
int NAME(struct trace_event_raw_sys_enter *ctx)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event)
		return 0;
	event->pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	if (bpf_probe_read_user_str(event->text, sizeof(event->text), (void *)ctx->args[0]) < 0)
		event->text[0] = '\0';
	bpf_ringbuf_submit(event, 0);
	return 0;
}

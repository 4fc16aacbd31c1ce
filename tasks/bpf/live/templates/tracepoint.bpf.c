// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Sends an event for every program that is executed, from the tracepoint that follows execve(2). */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "NAME.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The loader sets it before it loads the program: then it is a constant. */
const volatile __s64 only_uid = -1; /* -1: of every user */

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

__u64 dropped; /* events for which there was no room */

SEC("tracepoint/sched/sched_process_exec")
int NAME(struct trace_event_raw_sched_process_exec *ctx)
{
	/* The low half says where the name begins. */
	const void *filename = (void *)ctx + (ctx->__data_loc_filename & 0xffff);
	struct event *event;

	if (only_uid >= 0 && (__u32)bpf_get_current_uid_gid() != only_uid)
		return 0;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		__sync_fetch_and_add(&dropped, 1);
		return 0;
	}
	event->pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	if (bpf_probe_read_kernel_str(event->text, sizeof(event->text), filename) < 0)
		event->text[0] = '\0';
	bpf_ringbuf_submit(event, 0);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Sends an event through a ring buffer for every program that is executed. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "execs.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

SEC("tp/sched/sched_process_exec")
int send_exec(struct trace_event_raw_sched_process_exec *ctx)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	unsigned int at = ctx->__data_loc_filename & 0xffff;
	struct event *event;

	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return 0;
	event->pid = bpf_get_current_pid_tgid() >> 32;
	event->ppid = BPF_CORE_READ(task, real_parent, tgid);
	bpf_get_current_comm(&event->comm, sizeof(event->comm));
	bpf_probe_read_kernel_str(&event->filename, sizeof(event->filename), (void *)ctx + at);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

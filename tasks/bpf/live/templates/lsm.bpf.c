// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Sends an event for every program that is about to be executed, and could forbid it. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "NAME.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

__u64 dropped; /* events for which there was no room */

SEC("lsm/bprm_check_security")
int BPF_PROG(NAME, struct linux_binprm *bprm, int ret)
{
	struct event *event;

	/* Another module has said no already. */
	if (ret)
		return ret;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		__sync_fetch_and_add(&dropped, 1);
		return 0;
	}
	event->pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	if (bpf_probe_read_kernel_str(event->text, sizeof(event->text),
				      BPF_CORE_READ(bprm, filename)) < 0)
		event->text[0] = '\0';
	bpf_ringbuf_submit(event, 0);
	return 0; /* -EPERM, which is -1, would forbid it */
}

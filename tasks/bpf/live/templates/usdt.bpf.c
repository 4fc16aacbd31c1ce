// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Sends an event for every step that a program announces with a static probe of its own. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/usdt.bpf.h>
#include "NAME.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

__u64 dropped; /* events for which there was no room */

/* The loader has the probe in itself; another program's is usdt/PATH:PROVIDER:PROBE. */
SEC("usdt//proc/self/exe:NAME:step")
int BPF_USDT(NAME, const char *text)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		__sync_fetch_and_add(&dropped, 1);
		return 0;
	}
	event->pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	if (bpf_probe_read_user_str(event->text, sizeof(event->text), text) < 0)
		event->text[0] = '\0';
	bpf_ringbuf_submit(event, 0);
	return 0;
}

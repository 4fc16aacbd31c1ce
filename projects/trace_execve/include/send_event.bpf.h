/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* The kernel side that both programs share: fill one event and send it to the perf buffer. */
#ifndef SEND_EVENT_BPF_H
#define SEND_EVENT_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "execve_event.h"
#include "execve_filter.h"

const volatile struct execve_filter filter SEC(EXECVE_FILTER_SECTION) = {};

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} events SEC(".maps");

/* An event is larger than the 512 bytes of a BPF stack, so it is built here. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct execve_event);
} scratch SEC(".maps");

/*
 * Events that found no room. The perf buffer tells of a loss only when a later event fits, so
 * the losses at the end of a burst are known from here alone.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} dropped SEC(".maps");

static __always_inline void count_dropped(void)
{
	__u32 zero = 0;
	__u64 *count = bpf_map_lookup_elem(&dropped, &zero);

	if (count)
		__sync_fetch_and_add(count, 1);
}

static __always_inline void fill_filename(struct execve_event *event, const char *filename)
{
	/*
	 * Nothing may sleep here, so a page of the caller that is not in memory yet is not
	 * brought in: the read fails and the event goes without its name.
	 */
	long length = bpf_probe_read_user_str(event->filename, sizeof(event->filename), filename);

	event->filename_length = length > 0 ? length - 1 : -1;
}

static __always_inline int send_event(void *ctx, const char *filename)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	__u32 uid = (__u32)bpf_get_current_uid_gid();
	struct execve_event *event;
	__u32 zero = 0;
	__u64 size;

	if (filter.by_uid && filter.uid != uid)
		return 0;

	event = bpf_map_lookup_elem(&scratch, &zero);
	if (!event)
		return 0;

	event->ktime_ns = bpf_ktime_get_ns();
	event->pid = bpf_get_current_pid_tgid() >> 32;
	event->ppid = BPF_CORE_READ(task, real_parent, tgid);
	event->uid = uid;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	BPF_CORE_READ_STR_INTO(&event->parent_comm, task, real_parent, comm);
	fill_filename(event, filename);

	size = EXECVE_HEADER_SIZE;
	if (event->filename_length > 0)
		size += event->filename_length;
	if (size > sizeof(*event)) /* never, but the verifier wants to see it */
		size = sizeof(*event);
	if (bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, event, size))
		count_dropped();
	return 0;
}

#endif

// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Shows every program that is executed, for as many seconds as its argument says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <bpf/libbpf.h>
#include "execs.h"
#include "execs.skel.h"

static int show(void *context, void *data, size_t size)
{
	const struct event *event = data;

	(void)context;
	(void)size;
	printf("%-16s %7d %7d %s\n", event->comm, event->pid, event->ppid, event->filename);
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 10);
	struct execs_bpf *skel = execs_bpf__open_and_load();
	struct ring_buffer *events = NULL;
	int err = skel ? execs_bpf__attach(skel) : -1;

	if (err)
		goto out;
	events = ring_buffer__new(bpf_map__fd(skel->maps.events), show, NULL, NULL);
	if (!events) {
		err = -1;
		goto out;
	}
	printf("%-16s %7s %7s %s\n", "COMM", "PID", "PPID", "FILE");
	fflush(stdout);
	while (err >= 0 && time(NULL) < end)
		err = ring_buffer__poll(events, 100);
	err = err < 0 ? err : 0;
out:
	if (err)
		fprintf(stderr, "execs: %s\n", strerror(err < -1 ? -err : 1));
	ring_buffer__free(events);
	execs_bpf__destroy(skel);
	return err != 0;
}

// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Ends processes of its own, and shows whether all were seen. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "exits.skel.h"

int main(void)
{
	struct exits_bpf *skel = exits_bpf__open_and_load();
	int err = skel ? exits_bpf__attach(skel) : -1;
	unsigned int zero = 0;
	unsigned long long count = 0;

	for (int i = 0; !err && i < 3; i++) {
		if (fork() == 0)
			_exit(0);
		wait(NULL);
	}
	if (!err)
		err = bpf_map_lookup_elem(bpf_map__fd(skel->maps.counts), &zero, &count);
	if (!err)
		printf("exits: %s\n", count >= 3 ? "all were seen" : "some are missing");
	else
		fprintf(stderr, "exits: %s\n", strerror(err < -1 ? -err : 1));
	exits_bpf__destroy(skel);
	return err != 0;
}

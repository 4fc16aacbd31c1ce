// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Shows how many system calls there were: its BPF object is linked from two. */
#include <stdio.h>
#include "calls.skel.h"
#include "tell_helpers.h"
#include "wait_helpers.h"

int main(int argc, char **argv)
{
	struct calls_bpf *skel;
	int err;

	if (told_version(argc, argv))
		return 0;
	skel = calls_bpf__open_and_load();
	err = skel ? calls_bpf__attach(skel) : -1;
	if (!err) {
		wait_as_told(argc, argv);
		printf("calls: %llu\n", (unsigned long long)skel->bss->calls);
	}
	calls_bpf__destroy(skel);
	return tell_failure(argv, err);
}

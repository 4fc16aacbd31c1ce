// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Shows how many threads began. Called as processes, it says processes. */
#include <stdio.h>
#include <string.h>
#include "forks.skel.h"
#include "tell_helpers.h"
#include "wait_helpers.h"

int main(int argc, char **argv)
{
	struct forks_bpf *skel;
	int err;

	if (told_version(argc, argv))
		return 0;
	skel = forks_bpf__open_and_load();
	err = skel ? forks_bpf__attach(skel) : -1;
	if (!err) {
		wait_as_told(argc, argv);
		printf("%s: %llu\n", called_by(argv), (unsigned long long)skel->bss->forks);
	}
	forks_bpf__destroy(skel);
	return tell_failure(argv, err);
}

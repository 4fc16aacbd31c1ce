// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Shows how many switches between threads there were, and the square root of that. */
#include <math.h>
#include <stdio.h>
#include "switches.skel.h"
#include "tell_helpers.h"
#include "wait_helpers.h"

int main(int argc, char **argv)
{
	struct switches_bpf *skel;
	int err;

	if (told_version(argc, argv))
		return 0;
	skel = switches_bpf__open_and_load();
	err = skel ? switches_bpf__attach(skel) : -1;
	if (!err) {
		wait_as_told(argc, argv);
		printf("switches: %llu, %.1f squared\n", (unsigned long long)skel->bss->switches,
		       sqrt(skel->bss->switches));
	}
	switches_bpf__destroy(skel);
	return tell_failure(argv, err);
}

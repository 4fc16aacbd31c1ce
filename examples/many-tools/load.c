// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Shows what two of the other tools show: it embeds the programs of both. */
#include <stdio.h>
#include "forks.skel.h"
#include "switches.skel.h"
#include "tell_helpers.h"
#include "wait_helpers.h"

int main(int argc, char **argv)
{
	struct switches_bpf *switches;
	struct forks_bpf *forks;
	int err;

	if (told_version(argc, argv))
		return 0;
	forks = forks_bpf__open_and_load();
	switches = switches_bpf__open_and_load();
	err = forks && switches ? forks_bpf__attach(forks) : -1;
	if (!err)
		err = switches_bpf__attach(switches);
	if (!err) {
		wait_as_told(argc, argv);
		printf("load: %llu forks, %llu switches\n", (unsigned long long)forks->bss->forks,
		       (unsigned long long)switches->bss->switches);
	}
	switches_bpf__destroy(switches);
	forks_bpf__destroy(forks);
	return tell_failure(argv, err);
}

// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Counts system calls of its own, to show that every one is seen. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "syscalls.skel.h"

int main(void)
{
	struct syscalls_bpf *skel = syscalls_bpf__open();
	int err = -1;

	if (!skel)
		goto out;
	skel->rodata->target = getpid();
	err = syscalls_bpf__load(skel);
	if (!err)
		err = syscalls_bpf__attach(skel);
	if (err)
		goto out;
	for (int i = 0; i < 1000; i++)
		getppid();
	printf("syscalls: %s\n", skel->bss->calls >= 1000 ? "all were seen" : "some are missing");
out:
	if (err)
		fprintf(stderr, "syscalls: %s\n", strerror(err < -1 ? -err : 1));
	syscalls_bpf__destroy(skel);
	return err != 0;
}

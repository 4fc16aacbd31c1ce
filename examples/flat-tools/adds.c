// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Calls a function of its own, and shows what the uprobe on it saw. */
#include <stdio.h>
#include <string.h>
#include <bpf/libbpf.h>
#include "adds.skel.h"

__attribute__((noinline)) int adds_two(int a, int b)
{
	asm volatile("");
	return a + b;
}

int main(void)
{
	LIBBPF_OPTS(bpf_uprobe_opts, options, .func_name = "adds_two");
	struct adds_bpf *skel = adds_bpf__open_and_load();
	int err = skel ? 0 : -1;
	long expected = 0;

	if (err)
		goto out;
	skel->links.see_add =
		bpf_program__attach_uprobe_opts(skel->progs.see_add, 0, "/proc/self/exe", 0, &options);
	if (!skel->links.see_add) {
		err = -1;
		goto out;
	}
	for (int i = 1; i <= 10; i++)
		expected += adds_two(i, i);
	printf("adds: %ld of %ld\n", skel->bss->sum, expected);
out:
	if (err)
		fprintf(stderr, "adds: %s\n", strerror(1));
	adds_bpf__destroy(skel);
	return err != 0;
}

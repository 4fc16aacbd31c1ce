// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Passes a static tracepoint of its own, and shows what was seen there. */
#include <stdio.h>
#include <string.h>
#include <sys/sdt.h>
#include "marks.skel.h"

int main(void)
{
	struct marks_bpf *skel = marks_bpf__open_and_load();
	int err = skel ? marks_bpf__attach(skel) : -1;

	if (err)
		goto out;
	for (int i = 1; i <= 10; i++)
		DTRACE_PROBE1(flat_tools, mark, i);
	printf("marks: %ld of 55\n", skel->bss->sum);
out:
	if (err)
		fprintf(stderr, "marks: %s\n", strerror(err < -1 ? -err : 1));
	marks_bpf__destroy(skel);
	return err != 0;
}

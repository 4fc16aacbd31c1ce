// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Shows every thread: process, thread, name. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "threads.skel.h"

int main(void)
{
	struct threads_bpf *skel = threads_bpf__open_and_load();
	int err = skel ? threads_bpf__attach(skel) : -1;
	char text[4096];
	ssize_t size;
	int fd;

	if (err)
		goto out;
	fd = bpf_iter_create(bpf_link__fd(skel->links.show_thread));
	err = fd < 0 ? fd : 0;
	while (!err && (size = read(fd, text, sizeof(text))) > 0)
		fwrite(text, 1, size, stdout);
	if (fd >= 0)
		close(fd);
out:
	if (err)
		fprintf(stderr, "threads: %s\n", strerror(err < -1 ? -err : 1));
	threads_bpf__destroy(skel);
	return err != 0;
}

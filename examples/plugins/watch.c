// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Ends processes of its own, sums up in a library, and shows the sum by plug-ins: watch FILE.so… */
#include <dlfcn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tally.h"
#include "watch.h"
#include "watch.skel.h"

void print_line(const char *format, const char *text)
{
	printf(format, text);
}

static int show_by(const char *path)
{
	void *plugin = dlopen(path, RTLD_NOW);
	void (*show)(unsigned long long total) = plugin ? dlsym(plugin, "show") : NULL;

	if (!show) {
		fprintf(stderr, "watch: %s\n", dlerror());
		return 1;
	}
	show(tally_total());
	return 0;
}

int main(int argc, char **argv)
{
	struct watch_bpf *skel = watch_bpf__open_and_load();
	int err = skel ? watch_bpf__attach(skel) : 1;

	for (int i = 0; !err && i < 3; i++) {
		pid_t child = fork();

		if (child == 0)
			_exit(0);
		if (child < 0 || waitpid(child, NULL, 0) < 0)
			err = 1;
	}
	if (!err)
		tally_add(skel->bss->ended);
	for (int i = 1; !err && i < argc; i++)
		err = show_by(argv[i]);
	watch_bpf__destroy(skel);
	return err != 0;
}

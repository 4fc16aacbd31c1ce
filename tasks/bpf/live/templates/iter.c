// SPDX-License-Identifier: MIT
/* Loads the BPF program from its skeleton, lets it walk over all processes, and prints its lines.
 */
#include <argp.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "NAME.skel.h"

static const char doc[] = "Prints a line for every thread, as the kernel walks over them.";

static const struct argp_option argp_options[] = {
	{ "test", 't', NULL, 0, "Load and attach, then stop", 0 },
	{ "verbose", 'v', NULL, 0, "Show all that libbpf says", 0 },
	{ 0 },
};

static bool verbose;

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	bool *test = state->input;

	switch (key) {
	case 't':
		*test = true;
		return 0;
	case 'v':
		verbose = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_DEBUG && !verbose)
		return 0;
	return vfprintf(stderr, format, args);
}

static int fail(const char *what, int err)
{
	fprintf(stderr, "NAME: cannot %s: %s\n", what, strerror(-err));
	if (geteuid() != 0)
		fputs("  hint: run it as root (sudo)\n", stderr);
	return err;
}

/* One walk: what the program writes is read like a file. */
static int print_all(const struct bpf_link *link)
{
	int walk = bpf_iter_create(bpf_link__fd(link));
	char text[4096];
	ssize_t length;

	if (walk < 0)
		return fail("start the walk", -errno);
	while ((length = read(walk, text, sizeof(text))) > 0)
		fwrite(text, 1, (size_t)length, stdout);
	if (length < 0)
		length = fail("read the walk", -errno);
	close(walk);
	return (int)length;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { argp_options, parse_option, NULL, doc, NULL, NULL, NULL };
	struct NAME_bpf *skeleton;
	bool test = false;
	int err;

	argp_parse(&argp, argc, argv, 0, NULL, &test);
	libbpf_set_print(print_libbpf);
	skeleton = NAME_bpf__open_and_load();
	if (!skeleton) {
		err = fail("load the program", -errno);
		goto cleanup;
	}

	err = NAME_bpf__attach(skeleton);
	if (err) {
		fail("attach the program", err);
		goto cleanup;
	}
	if (!test)
		err = print_all(skeleton->links.NAME);

cleanup:
	NAME_bpf__destroy(skeleton);
	return err != 0;
}

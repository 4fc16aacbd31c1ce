// SPDX-License-Identifier: MIT
//@ usdt
/* Loads the BPF program from its skeleton, announces steps, and prints the events that come of it.
 */
//@ else
/* Loads the BPF program from its skeleton and prints the events that it sends. */
//@ end
#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/libbpf.h>
//@ usdt
#include <sys/sdt.h>
//@ end
#include "NAME.h"
#include "NAME.skel.h"

#define POLL_MS 100 /* how late a signal may be seen */
//@ usdt
#define STEP_SIZE 32
//@ end

struct options {
	unsigned long long left; /* events until it stops */
//@ tracepoint
	long long uid;
//@ end
	bool test;
};

//@ usdt
static const char doc[] = "Announces a step ten times a second and prints what BPF saw of it.";
//@ else
static const char doc[] = "Prints a line for every event.";
//@ end

static const struct argp_option argp_options[] = {
	{ "count", 'c', "N", 0, "Stop after N events", 0 },
	{ "test", 't', NULL, 0, "Load and attach, then stop", 0 },
//@ tracepoint
	{ "uid", 'u', "UID", 0, "Show only programs that this user executes", 0 },
//@ end
	{ "verbose", 'v', NULL, 0, "Show all that libbpf says", 0 },
	{ 0 },
};

static bool verbose;
static volatile sig_atomic_t stopped;

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	char *end;

	switch (key) {
	case 'c':
		options->left = strtoull(arg, &end, 10);
		if (strspn(arg, "0123456789") == 0 || *end || options->left == 0)
			argp_error(state, "--count wants a number from 1, not '%s'", arg);
		return 0;
	case 't':
		options->test = true;
		return 0;
//@ tracepoint
	case 'u':
		options->uid = strtoll(arg, &end, 10);
		if (strspn(arg, "0123456789") == 0 || *end || options->uid > UINT_MAX)
			argp_error(state, "--uid wants the number of a user, not '%s'", arg);
		return 0;
//@ end
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

static void on_signal(int signal)
{
	(void)signal;
	stopped = 1;
}

static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_DEBUG && !verbose)
		return 0;
	return vfprintf(stderr, format, args);
}

static void fail(const char *what, int err)
{
	fprintf(stderr, "NAME: cannot %s: %s\n", what, strerror(-err));
	if (geteuid() != 0)
		fputs("  hint: run it as root (sudo)\n", stderr);
//@ tracepoint
	else if (err == -ENOENT && access("/sys/kernel/tracing/events", F_OK) != 0)
		fputs("  hint: mount -t tracefs tracefs /sys/kernel/tracing\n", stderr);
//@ end
//@ kprobe
	else if (access("/sys/bus/event_source/devices/kprobe", F_OK) != 0)
		fputs("  hint: this kernel has no kprobes (CONFIG_KPROBES)\n", stderr);
//@ end
//@ fentry
	else if (libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_TRACING, NULL) == 0)
		fputs("  hint: this kernel loads no programs of type tracing (fentry)\n", stderr);
//@ end
//@ lsm
	else if (libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_LSM, NULL) == 0)
		fputs("  hint: this kernel loads no programs of type lsm\n", stderr);
//@ end
}

static int on_event(void *context, void *data, size_t size)
{
	struct options *options = context;
	const struct event *event = data;

	if (options->left == 0 || size < sizeof(*event))
		return 0;
	printf("%-8d %-16s %s\n", event->pid, event->comm, event->text);
	options->left--;
	return 0;
}

static void report_dropped(unsigned long long count)
{
	if (count == 0)
		return;
	fputs("NAME: the ring buffer was full: ", stderr);
	fprintf(stderr, "%llu events were dropped\n", count);
}

int main(int argc, char **argv)
{
	static const struct argp argp = { argp_options, parse_option, NULL, doc, NULL, NULL, NULL };
	struct ring_buffer *buffer = NULL;
//@ tracepoint
	struct options options = { .left = ULLONG_MAX, .uid = -1 };
//@ else
	struct options options = { .left = ULLONG_MAX };
//@ end
	struct NAME_bpf *skeleton;
//@ usdt
	char step[STEP_SIZE];
	int steps = 0;
//@ end
	int err;

	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	libbpf_set_print(print_libbpf);

//@ tracepoint
	skeleton = NAME_bpf__open();
	if (!skeleton) {
		err = -errno;
		fail("open the program", err);
		goto cleanup;
	}

	/* From loading on it is a constant, by which the verifier removes code. */
	skeleton->rodata->only_uid = options.uid;
	err = NAME_bpf__load(skeleton);
	if (err) {
		fail("load the program", err);
		goto cleanup;
	}
//@ else
	skeleton = NAME_bpf__open_and_load();
	if (!skeleton) {
		err = -errno;
		fail("load the program", err);
		goto cleanup;
	}
//@ end

	buffer = ring_buffer__new(bpf_map__fd(skeleton->maps.events), on_event, &options, NULL);
	if (!buffer) {
		err = -errno;
		fail("open the ring buffer", err);
		goto cleanup;
	}

	err = NAME_bpf__attach(skeleton);
	if (err) {
		fail("attach the program", err);
		goto cleanup;
	}

//@ usdt
	printf("%-8s %-16s %s\n", "PID", "COMM", "STEP");
//@ else
	printf("%-8s %-16s %s\n", "PID", "COMM", "TEXT");
//@ end
	while (!stopped && !options.test && options.left > 0) {
//@ usdt
		snprintf(step, sizeof(step), "step %d", ++steps);
		STAP_PROBE1(NAME, step, step);
//@ end
		err = ring_buffer__poll(buffer, POLL_MS);
		if (err < 0 && err != -EINTR) {
			fail("read the ring buffer", err);
			goto cleanup;
		}
	}
	err = 0;
	report_dropped(skeleton->bss->dropped);

cleanup:
	ring_buffer__free(buffer);
	NAME_bpf__destroy(skeleton);
	return err != 0;
}

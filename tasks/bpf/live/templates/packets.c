// SPDX-License-Identifier: MIT
/* Attaches the BPF program to an interface and prints each second what it has counted. */
#include <argp.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "NAME.h"
#include "NAME.skel.h"

struct options {
	int interface; /* its index */
	bool test;
};

//@ tc
static const char doc[] = "Counts the packets that go out on INTERFACE.";
//@ else
static const char doc[] = "Counts the packets that come in on INTERFACE.";
//@ end

static const struct argp_option argp_options[] = {
	{ "test", 't', NULL, 0, "Load and attach, then stop", 0 },
	{ "verbose", 'v', NULL, 0, "Show all that libbpf says", 0 },
	{ 0 },
};

static bool verbose;
static volatile sig_atomic_t stopped;

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 't':
		options->test = true;
		return 0;
	case 'v':
		verbose = true;
		return 0;
	case ARGP_KEY_ARG:
		options->interface = (int)if_nametoindex(arg);
		if (options->interface == 0)
			argp_error(state, "no interface here is named '%s'", arg);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which interface? ip link shows them");
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
}

/* Adds up what each processor has counted, and prints a line for each protocol that was seen. */
static int print_counts(int map)
{
	int processors = libbpf_num_possible_cpus();
	struct count *counts;
	int err = 0;

	if (processors < 0)
		return processors;
	counts = calloc(processors, sizeof(*counts));
	if (!counts)
		return -ENOMEM;
	printf("%-10s %12s %14s\n", "PROTOCOL", "PACKETS", "BYTES");
	for (__u32 protocol = 0; protocol < PROTOCOLS; protocol++) {
		const struct protoent *name = getprotobynumber(protocol);
		struct count sum = {};

		err = bpf_map_lookup_elem(map, &protocol, counts);
		if (err)
			break;
		for (int i = 0; i < processors; i++) {
			sum.packets += counts[i].packets;
			sum.bytes += counts[i].bytes;
		}
		if (sum.packets == 0)
			continue;
		if (protocol != 0 && name)
			printf("%-10s ", name->p_name);
		else if (protocol != 0)
			printf("%-10u ", protocol);
		else
			printf("%-10s ", "other");
		printf("%12llu %14llu\n", sum.packets, sum.bytes);
	}
	free(counts);
	return err;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { argp_options, parse_option, "INTERFACE", doc,
					  NULL,		NULL,	      NULL };
	struct options options = {};
	struct NAME_bpf *skeleton;
//@ tc
	LIBBPF_OPTS(bpf_tc_hook, hook, .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, tc);
	bool own_hook = false, attached = false;
//@ else
	struct bpf_link *link;
//@ end
	int err;

	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	libbpf_set_print(print_libbpf);

	skeleton = NAME_bpf__open_and_load();
	if (!skeleton) {
		err = -errno;
		fail("load the program", err);
		goto cleanup;
	}

//@ tc
	hook.ifindex = options.interface;
	err = bpf_tc_hook_create(&hook);
	own_hook = err == 0;
	if (err && err != -EEXIST) {
		fail("prepare the interface", err);
		goto cleanup;
	}

	tc.prog_fd = bpf_program__fd(skeleton->progs.NAME);
	err = bpf_tc_attach(&hook, &tc);
//@ else
	/* The link keeps the program attached, and goes with this process. */
	link = bpf_program__attach_xdp(skeleton->progs.NAME, options.interface);
	err = link ? 0 : -errno;
//@ end
	if (err) {
		fail("attach the program", err);
		goto cleanup;
	}
//@ tc
	attached = true;
//@ else
	skeleton->links.NAME = link;
//@ end

	while (!stopped && !options.test) {
		sleep(1);
		err = print_counts(bpf_map__fd(skeleton->maps.counts));
		if (err) {
			fail("read the counts", err);
			goto cleanup;
		}
	}

cleanup:
//@ tc
	/* Unlike a link, this stays until somebody takes it away. */
	if (attached) {
		tc.flags = tc.prog_fd = tc.prog_id = 0;
		bpf_tc_detach(&hook, &tc);
	}
	if (own_hook) {
		hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
		bpf_tc_hook_destroy(&hook);
	}
//@ end
	NAME_bpf__destroy(skeleton);
	return err != 0;
}

// SPDX-License-Identifier: MIT
/* Loads the greeting program from its skeleton and keeps it attached until told to stop. */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>
#include <bpf/libbpf.h>
#include "helloworld.skel.h"

#define SHORTEST_DURATION 1e-3 /* seconds */
#define LONGEST_DURATION 1e9

const char *argp_program_version = "helloworld 1.0";

static const char doc[] =
	"Greets every execve(2) in the kernel's trace pipe.\n\n"
	"EXAMPLES:\n"
	"  helloworld                 # until Ctrl-C\n"
	"  helloworld --duration 2.5  # for two and a half seconds\n"
	"\vThe greetings are read from trace_pipe, which the first line printed names. "
	"Root is needed, and tracefs must be mounted.";

static const struct argp_option argp_options[] = {
	{ "duration", 'd', "S", 0, "Stop after S seconds (1, 0.5, ...)", 0 },
	{ 0 },
};

static void complain(const char *hint, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void complain(const char *hint, const char *format, ...)
{
	va_list args;

	fputs("helloworld: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	if (hint)
		fprintf(stderr, "  hint: %s\n", hint);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	double *duration = state->input;
	char *end;

	switch (key) {
	case 'd':
		*duration = strtod(arg, &end);
		if (strspn(arg, "0123456789.") != strlen(arg) || end == arg || *end ||
		    *duration < SHORTEST_DURATION || *duration > LONGEST_DURATION)
			argp_error(state, "--duration wants seconds, 0.001 or more, not '%s'", arg);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The trace pipe of this machine, or NULL when tracefs is not mounted. */
static const char *find_trace_pipe(void)
{
	static const char *const pipes[] = {
		"/sys/kernel/tracing/trace_pipe",
		"/sys/kernel/debug/tracing/trace_pipe",
	};

	for (size_t i = 0; i < sizeof(pipes) / sizeof(pipes[0]); i++) {
		if (access(pipes[i], F_OK) == 0)
			return pipes[i];
	}
	return NULL;
}

/* Without root, libbpf only says at length what the complaint below says in a line. */
static int print_warnings(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN && geteuid() == 0 ? vfprintf(stderr, format, args) : 0;
}

/* Sleeps until a signal of the set arrives; SIGALRM is the end of the duration, if there is one. */
static int wait_for_stop(const sigset_t *signals, double duration)
{
	struct itimerval timer = {};

	timer.it_value.tv_sec = (time_t)duration;
	timer.it_value.tv_usec = (suseconds_t)((duration - (time_t)duration) * 1e6);
	if (setitimer(ITIMER_REAL, &timer, NULL))
		return -errno;
	while (sigwaitinfo(signals, NULL) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp argp = { argp_options, parse_option, NULL, doc, NULL, NULL, NULL };
	struct helloworld_bpf *skeleton = NULL;
	const char *trace_pipe;
	double duration = 0;
	sigset_t signals;
	int err;

	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	argp_parse(&argp, argc, argv, 0, NULL, &duration);
	libbpf_set_print(print_warnings);

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGALRM);
	if (sigprocmask(SIG_BLOCK, &signals, NULL)) {
		err = -errno;
		complain(NULL, "cannot wait for signals: %s", strerror(-err));
		goto cleanup;
	}

	skeleton = helloworld_bpf__open();
	if (!skeleton) {
		err = -errno;
		complain("build it again", "cannot open the program: %s", strerror(errno));
		goto cleanup;
	}

	err = helloworld_bpf__load(skeleton);
	if (err) {
		complain(geteuid() != 0 ? "run it as root (sudo)" : NULL,
			 "cannot load the program: %s", strerror(-err));
		goto cleanup;
	}

	trace_pipe = find_trace_pipe();
	if (!trace_pipe) {
		err = -ENOENT;
		complain("mount -t tracefs nodev /sys/kernel/tracing",
			 "no trace_pipe here: tracefs is not mounted");
		goto cleanup;
	}

	err = helloworld_bpf__attach(skeleton);
	if (err) {
		complain(NULL, "cannot attach the program: %s", strerror(-err));
		goto cleanup;
	}

	printf("helloworld: started, read its greetings with: cat %s\n", trace_pipe);
	err = wait_for_stop(&signals, duration);
	if (err)
		complain(NULL, "cannot wait: %s", strerror(-err));
	puts("helloworld: stopped");

cleanup:
	helloworld_bpf__destroy(skeleton);
	return err != 0;
}

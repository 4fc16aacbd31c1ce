// SPDX-License-Identifier: MIT
/*
 * Runs one case of a check: starts a loader, triggers what it watches, interrupts it, and reports
 * what happened, one JSON object a line. Whoever reads this (tasks/bpf/proof/check/) decides
 * whether that is right.
 *
 *   runcase [--count TEXT] [--trace-pipe PATH] [--stall yes]
 *           [--ready TEXT] [--trigger WORD...] --loader WORD...
 *
 * Without --ready a loader counts as attached by what it holds. Without --trigger it is attached
 * and detached.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "bpfhandles.h"
#include "json.h"
#include "linereader.h"

#define PATIENCE_MS 60000 /* for each of: getting ready, the trigger, ending */
#define QUIET_MS 20
#define LINK_MS 100   /* how long a loader with a link holds the same before it counts as attached */
#define NO_LINK_MS 2000 /* the same without a link: what is attached by netlink has none */

static const char *const stream_names[] = { "stdout", "stderr", "trigger", "trace" };

struct options {
	const char *count;
	const char *ready;
	const char *trace_pipe;
	bool stall; /* stop the loader (SIGSTOP) as long as the trigger runs */
	char **trigger;
	char **loader;
};

struct child {
	pid_t pid; /* 0: ended, with this status */
	int status;
};

static struct options options;
static unsigned long long counted;
static bool ready, muted;

/* What was started ends with us: PR_SET_PDEATHSIG. */
static void die(const char *what)
{
	fprintf(stderr, "runcase: %s: %s\n", what, strerror(errno));
	exit(1);
}

static long long now_ms(void)
{
	struct timespec time;

	if (clock_gettime(CLOCK_MONOTONIC, &time))
		die("clock_gettime");
	return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

static void report_line(enum stream_name name, char *text)
{
	if (name != TRACE && name != TRIGGER_OUT && options.ready &&
	    strstr(text, options.ready))
		ready = true;
	if (name == LOADER_OUT && options.count && strstr(text, options.count)) {
		counted++;
		return;
	}
	if (name == TRACE && muted)
		return;
	json_begin("line");
	json_text("stream", stream_names[name]);
	json_text("text", text);
	json_end();
}

static void own_pipe(enum stream_name name, int ends[2])
{
	if (pipe2(ends, O_CLOEXEC))
		die("pipe");
	stream_open(name, ends[0]);
}

static void run_program(char **words, int out, int err, pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(127);
	if (dup2(out, STDOUT_FILENO) < 0 || (err >= 0 && dup2(err, STDERR_FILENO) < 0))
		_exit(127);
	if (signal(SIGINT, SIG_DFL) == SIG_ERR || signal(SIGPIPE, SIG_DFL) == SIG_ERR)
		_exit(127);
	execvp(words[0], words);
	fprintf(stderr, "runcase: cannot run %s: %s\n", words[0], strerror(errno));
	_exit(127);
}

/* Starts a program whose streams are read here, and that ends with us. */
static struct child start(char **words, enum stream_name out, bool with_err)
{
	int out_ends[2], err_ends[2] = { -1, -1 };
	pid_t parent = getpid();
	struct child child = {};

	own_pipe(out, out_ends);
	if (with_err)
		own_pipe(LOADER_ERR, err_ends);
	child.pid = fork();
	if (child.pid < 0)
		die("fork");
	if (child.pid == 0)
		run_program(words, out_ends[1], err_ends[1], parent);
	close(out_ends[1]);
	if (with_err)
		close(err_ends[1]);
	return child;
}

/* To this child alone: 0 and -1 would be many processes to kill(2). */
static void send_signal(const struct child *child, int number)
{
	if (child->pid > 0 && kill(child->pid, number))
		die("kill");
}

/* waitpid(2) for one child; true once it has ended. */
static bool reap(struct child *child, int options)
{
	pid_t pid;

	do {
		pid = waitpid(child->pid, &child->status, options);
	} while (pid < 0 && errno == EINTR);
	if (pid < 0)
		die("waitpid");
	if (pid == child->pid)
		child->pid = 0;
	return child->pid == 0;
}

static bool has_ended(struct child *child)
{
	return child->pid == 0 || reap(child, WNOHANG);
}

/* Waits for its end; kills it when that takes too long. False when it was killed. */
static bool wait_for_end(struct child *child)
{
	long long end = now_ms() + PATIENCE_MS;

	while (!has_ended(child)) {
		if (now_ms() > end) {
			send_signal(child, SIGKILL);
			reap(child, 0);
			return false;
		}
		streams_read(QUIET_MS);
	}
	return true;
}

static void report_end(const char *who, const struct child *child, bool in_time)
{
	json_begin("ended");
	json_text("who", who);
	if (WIFEXITED(child->status))
		json_number("status", WEXITSTATUS(child->status));
	else
		json_null("status");
	json_text("signal", WIFSIGNALED(child->status) ? strsignal(WTERMSIG(child->status)) : NULL);
	json_number("in_time", in_time);
	json_end();
}

static bool parse(int argc, char **argv)
{
	for (int i = 1; i + 1 < argc; i++) {
		const char *option = argv[i];

		argv[i] = NULL; /* ends the words of the option before */
		i++;
		if (!strcmp(option, "--count"))
			options.count = argv[i];
		else if (!strcmp(option, "--ready"))
			options.ready = argv[i];
		else if (!strcmp(option, "--stall"))
			options.stall = true;
		else if (!strcmp(option, "--trace-pipe"))
			options.trace_pipe = argv[i];
		else if (!strcmp(option, "--loader")) {
			options.loader = &argv[i];
			return true;
		} else if (!strcmp(option, "--trigger")) {
			options.trigger = &argv[i];
			while (argv[i + 1] && strcmp(argv[i + 1], "--loader"))
				i++;
		} else
			return false;
	}
	return false;
}

/* True once a loader has held the same programs and links for a while. */
static bool looks_attached(const struct child *loader)
{
	static struct holdings last;
	static long long since;
	struct holdings now;

	if (count_held(loader->pid, &now))
		return false;
	if (now.programs != last.programs || now.links != last.links) {
		last = now;
		since = now_ms();
	}
	if (now.programs == 0)
		return false;
	return now_ms() - since >= (now.links > 0 ? LINK_MS : NO_LINK_MS);
}

static void wait_until_ready(struct child *loader)
{
	long long end = now_ms() + PATIENCE_MS;

	while (!ready && !has_ended(loader) && now_ms() < end) {
		streams_read(QUIET_MS);
		if (!options.ready)
			ready = looks_attached(loader);
	}
	while (streams_read(0))
		;
}

/* Opens the trace, which has one reader at a time, and throws away what was there before. */
static bool open_trace(void)
{
	long long end = now_ms() + PATIENCE_MS;
	int fd;

	do {
		fd = open(options.trace_pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0 && errno == EBUSY)
			usleep(QUIET_MS * 1000);
	} while (fd < 0 && errno == EBUSY && now_ms() < end);
	if (fd < 0) {
		fprintf(stderr, "runcase: cannot read %s: %s\n", options.trace_pipe,
			errno == EBUSY ? "another program reads it, and it has one reader at a time"
				       : strerror(errno));
		return false;
	}
	stream_open(TRACE, fd);
	muted = true;
	stream_drain(TRACE);
	muted = false;
	return true;
}

int main(int argc, char **argv)
{
	struct child loader, trigger;
	bool in_time;

	if (!parse(argc, argv)) {
		fputs("usage: runcase [--count TEXT] [--trace-pipe PATH] [--stall yes] "
		      "[--ready TEXT] [--trigger WORD...] --loader WORD...\n",
		      stderr);
		return 2;
	}
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || prctl(PR_SET_PDEATHSIG, SIGKILL))
		die("signals");
	lines_to(report_line);
	if (options.trace_pipe && !open_trace())
		return 1;

	loader = start(options.loader, LOADER_OUT, true);
	wait_until_ready(&loader);
	if (ready && !has_ended(&loader)) {
		if (report_held(loader.pid))
			return 1;
		if (options.stall)
			send_signal(&loader, SIGSTOP);
		if (options.trigger) {
			trigger = start(options.trigger, TRIGGER_OUT, false);
			in_time = wait_for_end(&trigger);
			report_end("trigger", &trigger, in_time);
		}
		if (options.stall)
			send_signal(&loader, SIGCONT);
		while (streams_read(QUIET_MS))
			;
	}
	if (!has_ended(&loader))
		send_signal(&loader, SIGINT);
	in_time = wait_for_end(&loader);
	while (streams_read(QUIET_MS))
		;
	stream_drain(TRACE);
	report_end("loader", &loader, in_time);
	report_left();
	json_begin("end");
	json_number("ready", ready);
	json_number("counted", counted);
	json_end();
	return 0;
}

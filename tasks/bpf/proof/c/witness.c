// SPDX-License-Identifier: MIT
/*
 * Runs a loader, triggers what it watches, interrupts it, and tells what was seen: one JSON
 * object a line. Whether that is right is decided by whoever reads this (tasks/bpf/proof/check/).
 *
 *   witness [--count TEXT] [--trace-pipe PATH] [--stall yes]
 *           --ready TEXT --trigger WORD... --loader WORD...
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
#include "held.h"
#include "json.h"
#include "streams.h"

#define PATIENCE_MS 60000 /* for each of: getting ready, the trigger, ending */
#define QUIET_MS 20

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

static long long now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

void take_line(enum stream_name name, char *text)
{
	if (name != TRACE && name != TRIGGER_OUT && strstr(text, options.ready))
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
	if (pipe2(ends, O_CLOEXEC)) {
		perror("witness: pipe");
		exit(1);
	}
	stream_open(name, ends[0]);
}

/* Starts a program whose streams are read here, and that ends with us. */
static struct child start(char **words, enum stream_name out, bool with_err)
{
	int out_ends[2], err_ends[2] = { -1, -1 };
	struct child child = {};

	own_pipe(out, out_ends);
	if (with_err)
		own_pipe(LOADER_ERR, err_ends);
	child.pid = fork();
	if (child.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(out_ends[1], STDOUT_FILENO);
		if (with_err)
			dup2(err_ends[1], STDERR_FILENO);
		signal(SIGINT, SIG_DFL);
		signal(SIGPIPE, SIG_DFL);
		execvp(words[0], words);
		fprintf(stderr, "witness: cannot run %s: %s\n", words[0], strerror(errno));
		_exit(127);
	}
	close(out_ends[1]);
	if (with_err)
		close(err_ends[1]);
	return child;
}

static bool has_ended(struct child *child)
{
	if (child->pid != 0 && waitpid(child->pid, &child->status, WNOHANG) == child->pid)
		child->pid = 0;
	return child->pid == 0;
}

/* Waits for its end; kills it when that takes too long. False when it was killed. */
static bool wait_for_end(struct child *child)
{
	long long end = now_ms() + PATIENCE_MS;

	while (!has_ended(child)) {
		if (now_ms() > end) {
			kill(child->pid, SIGKILL);
			waitpid(child->pid, &child->status, 0);
			child->pid = 0;
			return false;
		}
		streams_pump(QUIET_MS);
	}
	return true;
}

static void tell_end(const char *who, const struct child *child, bool in_time)
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
			return options.ready && options.trigger;
		} else if (!strcmp(option, "--trigger")) {
			options.trigger = &argv[i];
			while (argv[i + 1] && strcmp(argv[i + 1], "--loader"))
				i++;
		} else
			return false;
	}
	return false;
}

static void wait_until_ready(struct child *loader)
{
	long long end = now_ms() + PATIENCE_MS;

	while (!ready && !has_ended(loader) && now_ms() < end)
		streams_pump(QUIET_MS);
	while (streams_pump(0))
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
		fprintf(stderr, "witness: cannot read %s: %s\n", options.trace_pipe,
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
		fputs("usage: witness [--count TEXT] [--trace-pipe PATH] [--stall yes] "
		      "--ready TEXT --trigger WORD... --loader WORD...\n",
		      stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (options.trace_pipe && !open_trace())
		return 1;

	loader = start(options.loader, LOADER_OUT, true);
	wait_until_ready(&loader);
	if (ready && !has_ended(&loader)) {
		tell_held(loader.pid);
		if (options.stall)
			kill(loader.pid, SIGSTOP);
		trigger = start(options.trigger, TRIGGER_OUT, false);
		in_time = wait_for_end(&trigger);
		if (options.stall)
			kill(loader.pid, SIGCONT);
		while (streams_pump(QUIET_MS))
			;
		tell_end("trigger", &trigger, in_time);
	}
	if (!has_ended(&loader))
		kill(loader.pid, SIGINT);
	in_time = wait_for_end(&loader);
	while (streams_pump(QUIET_MS))
		;
	stream_drain(TRACE);
	tell_end("loader", &loader, in_time);
	tell_left();
	json_begin("end");
	json_number("ready", ready);
	json_number("counted", counted);
	json_end();
	return 0;
}

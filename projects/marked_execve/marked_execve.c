// SPDX-License-Identifier: MIT
/*
 * Calls execve(2) from processes that are like no others on the machine, and reports what a watcher
 * should have seen: one JSON object a line. With --burst N UID it calls it N times as that user.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BURSTS 10
#define PAUSE_US 5000
#define NOBODY 65534
#define PARENT_COMM "marked parent"

struct marked {
	const char *name; /* of the case */
	const char *comm;
	const char *filename;
	uid_t uid;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static pid_t forked(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	return pid;
}

/* How a child of ours ended: see waitpid(2). */
static int status_of(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			die("waitpid");
	}
	return status;
}

static long long now_ns(void)
{
	struct timespec time;

	if (clock_gettime(CLOCK_MONOTONIC, &time))
		die("clock_gettime");
	return time.tv_sec * 1000000000LL + time.tv_nsec;
}

/* Of what JSON must not hold, the names here have newlines only. */
static void print_member(const char *key, const char *text)
{
	printf(",\"%s\":\"", key);
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\\n", stdout);
		else
			putchar(*text);
	}
	putchar('"');
}

static void call_execve(const char *filename)
{
	char *const none[] = { NULL };

	syscall(SYS_execve, filename, none, none);
}

/*
 * Reads a text, as whoever puts a file name together does. fork(2) marks pages as not accessed, and
 * some arm64 processors leave it to a fault to mark them again: until its process has read it, BPF,
 * which must not fault, cannot read such a page.
 */
static void touch(const char *text)
{
	for (const volatile char *at = text; *at; at++)
		;
}

static void execute(const struct marked *marked)
{
	long long before = now_ns();
	pid_t pid = forked();

	if (pid == 0) {
		if (prctl(PR_SET_NAME, marked->comm) || setuid(marked->uid))
			_exit(1);
		touch(marked->filename);
		call_execve(marked->filename);
		_exit(0); /* none of these files is there */
	}
	if (status_of(pid) != 0) {
		fprintf(stderr, "marked_execve: cannot be the process '%s'\n", marked->name);
		exit(1);
	}
	printf("{\"type\":\"execve\",\"pid\":%d,\"ppid\":%d,\"uid\":%u", pid, getpid(),
	       marked->uid);
	printf(",\"before_ns\":%lld,\"after_ns\":%lld", before, now_ns());
	print_member("case", marked->name);
	print_member("comm", marked->comm);
	print_member("parent_comm", PARENT_COMM);
	print_member("filename", marked->filename);
	puts("}");
	if (fflush(stdout)) /* before the next fork, which would copy what waits */
		die("stdout");
}

static int burst(long count, uid_t uid)
{
	pid_t pid = forked();
	int status;

	if (pid == 0) {
		if (setuid(uid))
			_exit(1);
		for (long i = 0; i < count; i++) {
			call_execve("/marked/burst");
			if (i % (count / BURSTS + 1) == 0)
				usleep(PAUSE_US);
		}
		_exit(0);
	}
	status = status_of(pid);
	printf("{\"type\":\"burst\",\"executed\":%ld}\n", status == 0 ? count : 0);
	if (fflush(stdout))
		die("stdout");
	return status != 0;
}

int main(int argc, char **argv)
{
	static char longest[4096]; /* PATH_MAX, with its NUL */
	const struct marked all[] = {
		{ "plain", "marked", "/marked/plain", 0 },
		{ "spaces", "marked, spaces", "/marked/with spaces/and\nnewline", 0 },
		{ "another user", "marked", "/marked/as nobody", NOBODY },
		{ "longest name", "marked", longest, 0 },
	};

	if (argc == 4 && !strcmp(argv[1], "--burst"))
		return burst(atol(argv[2]), atol(argv[3]));
	memset(longest, 'x', sizeof(longest) - 1);
	longest[0] = '/';
	if (prctl(PR_SET_NAME, PARENT_COMM))
		die("prctl");
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		execute(&all[i]);
	return 0;
}

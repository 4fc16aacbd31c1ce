// SPDX-License-Identifier: MIT
/*
 * Runs a command and says what it took, with all that it started and waited for: wall time and
 * processor time in microseconds, and the largest resident size in KiB, as one line on fd 3.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long micros(long long seconds, long long rest)
{
	return seconds * 1000000 + rest;
}

int main(int argc, char **argv)
{
	struct timespec begin, end;
	struct rusage usage;
	int status;
	pid_t pid;

	if (argc < 2) {
		fprintf(stderr, "usage: timed COMMAND...\n");
		return 2;
	}
	clock_gettime(CLOCK_MONOTONIC, &begin);
	pid = fork();
	if (pid == 0) {
		close(3);
		execvp(argv[1], argv + 1);
		fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) < 0) {
		perror("timed");
		return 1;
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	dprintf(3, "%lld %lld %ld\n",
		micros(end.tv_sec - begin.tv_sec, (end.tv_nsec - begin.tv_nsec) / 1000),
		micros(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec,
		       usage.ru_utime.tv_usec + usage.ru_stime.tv_usec),
		usage.ru_maxrss);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* How long a tool watches. */
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include "wait_helpers.h"

static void stop(int signal)
{
	(void)signal;
}

void wait_as_told(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 1;
	struct timespec time = { .tv_sec = seconds };

	time.tv_nsec = (seconds - time.tv_sec) * 1e9;
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	nanosleep(&time, NULL);
}

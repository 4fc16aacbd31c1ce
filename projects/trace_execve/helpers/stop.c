// SPDX-License-Identifier: MIT
/* SIGINT and SIGTERM as a request to stop. */
#include <signal.h>
#include <stddef.h>
#include "stop.h"

static volatile sig_atomic_t requested;

static void request_stop(int signal)
{
	(void)signal;
	requested = 1;
}

void stop_on_signals(void)
{
	struct sigaction action = { .sa_handler = request_stop };

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
}

bool stop_requested(void)
{
	return requested;
}

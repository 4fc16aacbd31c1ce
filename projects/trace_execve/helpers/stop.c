// SPDX-License-Identifier: MIT
/* SIGINT and SIGTERM as a request to stop. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include "complain.h"
#include "stop.h"

static volatile sig_atomic_t requested;

static void request_stop(int signal)
{
	(void)signal;
	requested = 1;
}

int stop_on_signals(void)
{
	/* A line that is being written is written to its end; epoll_wait(2) is never restarted. */
	struct sigaction action = { .sa_handler = request_stop, .sa_flags = SA_RESTART };
	struct sigaction ignored = { .sa_handler = SIG_IGN };

	if (sigaction(SIGINT, &action, NULL) || sigaction(SIGTERM, &action, NULL) ||
	    sigaction(SIGPIPE, &ignored, NULL)) {
		int err = -errno;

		complain(NULL, "cannot handle signals: %s", error_text(err));
		return err;
	}
	return 0;
}

bool stop_requested(void)
{
	return requested;
}

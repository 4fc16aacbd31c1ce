/* SPDX-License-Identifier: MIT */
/* SIGINT and SIGTERM as a request to stop. */
#ifndef STOP_H
#define STOP_H

#include <stdbool.h>

/*
 * From here on SIGINT and SIGTERM only ask to stop, and a closed pipe is an error of write(2).
 * Returns 0, or a negative error number after a complaint.
 */
int stop_on_signals(void);

bool stop_requested(void);

#endif

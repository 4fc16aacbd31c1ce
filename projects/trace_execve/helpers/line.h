/* SPDX-License-Identifier: MIT */
/* The lines on stdout: events and losses, as text or as JSON. */
#ifndef LINE_H
#define LINE_H

#include <stdbool.h>
#include "execve_event.h"

/* Makes stdout hand on each line whole and at once. */
void line_setup(void);

/* One line on stdout; 0, or a negative error number (-EPIPE when nobody reads any more). */
int line_event(const struct execve_event *event, bool json);

/* One line of JSON on stdout; a cpu below 0 stands for an unknown one. */
int line_lost(int cpu, unsigned long long lost);

#endif

/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* What the program has for its plug-ins. */
#ifndef WATCH_H
#define WATCH_H

void print_line(const char *format, const char *text);

#endif

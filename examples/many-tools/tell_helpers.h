/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
#ifndef TELL_HELPERS_H
#define TELL_HELPERS_H

#include <stdbool.h>

/* The name that a tool is called by, which may be an alias. */
const char *called_by(char **argv);

/* Answers --version; true where that is all that was asked for. */
bool told_version(int argc, char **argv);

/* Complains of what went wrong; returns the exit status. */
int tell_failure(char **argv, int err);

#endif

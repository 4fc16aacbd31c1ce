/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
#ifndef WAIT_HELPERS_H
#define WAIT_HELPERS_H

/* Waits for as many seconds as the first argument says, or until it is interrupted. */
void wait_as_told(int argc, char **argv);

#endif

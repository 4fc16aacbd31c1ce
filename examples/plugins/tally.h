/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* A sum that a program and its plug-ins share. */
#ifndef TALLY_H
#define TALLY_H

void tally_add(unsigned long long amount);
unsigned long long tally_total(void);

#endif

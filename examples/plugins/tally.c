// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* The library: one sum for the program and all of its plug-ins. */
#include "tally.h"

unsigned long long sum;

void tally_add(unsigned long long amount)
{
	sum += amount;
}

unsigned long long tally_total(void)
{
	return sum;
}

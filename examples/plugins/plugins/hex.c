// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Shows whether the sum is the one in the library, which the plug-in is linked with too. */
#include "../tally.h"
#include "../watch.h"

void show(unsigned long long total)
{
	print_line("hex: %s\n", total == tally_total() ? "the same sum" : "another sum");
}

// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Shows the sum as a number, by a function of the program. */
#include "../watch.h"

void show(unsigned long long total)
{
	print_line("plain: %s\n", total >= 3 ? "all were seen" : "some are missing");
}

// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Uses what a feature of a tree names. */
#ifndef USES
#define USES 0
#endif

int main(void)
{
	(void)(USES);
	return 0;
}

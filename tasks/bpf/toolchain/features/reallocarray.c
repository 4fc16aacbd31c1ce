// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Builds where the C library has reallocarray(3). */
#define _GNU_SOURCE
#include <stdlib.h>

#pragma GCC diagnostic error "-Wimplicit-function-declaration"

int main(void)
{
	return reallocarray(NULL, 1, 1) == NULL;
}

// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Builds where zlib can be compiled and linked with. */
#include <zlib.h>

int main(void)
{
	return zlibVersion() == Z_NULL;
}

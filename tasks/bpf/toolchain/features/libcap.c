// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Builds where libcap can be compiled and linked with. */
#include <sys/capability.h>

int main(void)
{
	return cap_free(cap_get_proc());
}

// SPDX-License-Identifier: MIT
/* Where tracefs is mounted. */
#include <stddef.h>
#include <unistd.h>
#include "tracefs.h"

const char *tracefs_path(void)
{
	if (access("/sys/kernel/tracing/events", F_OK) == 0)
		return "/sys/kernel/tracing";
	if (access("/sys/kernel/debug/tracing/events", F_OK) == 0)
		return "/sys/kernel/debug/tracing";
	return NULL;
}

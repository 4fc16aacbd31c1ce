// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Says which processes are looked at: a part of what is linked to calls.bpf.o. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

int target;

__weak int wanted(void)
{
	return target == 0 || bpf_get_current_pid_tgid() >> 32 == target;
}

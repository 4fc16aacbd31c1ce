// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Builds where the kernel's headers know the number of bpf(2). */
#include <sys/syscall.h>

int main(void)
{
	return __NR_bpf == 0;
}

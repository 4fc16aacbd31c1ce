// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Builds where libelf can be compiled and linked with. */
#include <libelf.h>

int main(void)
{
	return elf_version(EV_CURRENT) == EV_NONE;
}

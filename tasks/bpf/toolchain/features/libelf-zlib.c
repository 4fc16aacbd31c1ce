// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Builds where libelf and zlib can be compiled and linked with, as libbpf is. */
#include <libelf.h>
#include <zlib.h>

int main(void)
{
	return elf_version(EV_CURRENT) == EV_NONE || zlibVersion() == Z_NULL;
}

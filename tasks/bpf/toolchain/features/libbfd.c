// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Builds where libbfd and libopcodes can be compiled and linked with. */
#define PACKAGE "feature"
#define PACKAGE_VERSION "1"
#include <bfd.h>
#include <dis-asm.h>

int main(void)
{
	bfd *file = bfd_openr("/dev/null", "elf");

	return file != NULL && disassembler(bfd_get_arch(file), 0, 0, file) != NULL;
}

// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Builds where the disassembler of libopcodes also takes a printer with styles: binutils 2.39. */
#define PACKAGE "feature"
#define PACKAGE_VERSION "1"
#include <bfd.h>
#include <dis-asm.h>

static int print(void *stream, const char *format, ...)
{
	return stream == format;
}

static int print_styled(void *stream, enum disassembler_style style, const char *format, ...)
{
	return stream == format && style == dis_style_text;
}

int main(void)
{
	struct disassemble_info info;

	init_disassemble_info(&info, NULL, print, print_styled);
	return 0;
}

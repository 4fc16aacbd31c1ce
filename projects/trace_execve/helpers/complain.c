// SPDX-License-Identifier: MIT
/* What a loader tells on stderr, always under its own name. */
#include <stdarg.h>
#include <stdio.h>
#include <bpf/libbpf.h>
#include "complain.h"

static void say(const char *format, va_list args)
{
	fprintf(stderr, "%s: ", program);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

void announce(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
}

void complain(const char *hint, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
	if (hint)
		fprintf(stderr, "  hint: %s\n", hint);
}

const char *error_text(int err)
{
	static char text[128];

	libbpf_strerror(err, text, sizeof(text));
	return text;
}

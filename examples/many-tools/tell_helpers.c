// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* What every tool says in the same way. */
#include <stdio.h>
#include <string.h>
#include "tell_helpers.h"
#include "version.h"

const char *called_by(char **argv)
{
	const char *slash = strrchr(argv[0], '/');

	return slash ? slash + 1 : argv[0];
}

bool told_version(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "--version"))
		return false;
	printf("%s %s\n", called_by(argv), TOOLS_VERSION);
	return true;
}

int tell_failure(char **argv, int err)
{
	if (err)
		fprintf(stderr, "%s: %s\n", called_by(argv), strerror(err < -1 ? -err : 1));
	return err != 0;
}

/* SPDX-License-Identifier: MIT */
/* The command line that both loaders take. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <sys/types.h>

struct options {
	double duration;	  /* seconds; 0: no end */
	unsigned long long count; /* events; 0: no end */
	bool by_uid;
	uid_t uid;
	bool json;
	bool verbose;
	const char *object; /* NULL: beside the executable */
};

/* Fills options; what is wrong with the command line is told, and the process exits with 64. */
void options_parse(struct options *options, int argc, char **argv, const char *doc);

#endif

/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* What execs.bpf.c tells execs.c. */
#ifndef EXECS_H
#define EXECS_H

#define FILENAME_SIZE 127

struct event {
	int pid;
	int ppid;
	char comm[16];
	char filename[FILENAME_SIZE];
};

#endif

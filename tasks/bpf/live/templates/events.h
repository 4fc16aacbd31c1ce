/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* What the BPF program sends and the loader prints. */
#ifndef NAME_H
#define NAME_H

#define COMM_SIZE 16
#define TEXT_SIZE 128

struct event {
	int pid;
	char comm[COMM_SIZE];
	char text[TEXT_SIZE];
};

#endif

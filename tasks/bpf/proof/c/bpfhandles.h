/* SPDX-License-Identifier: MIT */
/* The BPF programs, maps and links that a process holds, and which of them outlive it. */
#ifndef BPFHANDLES_H
#define BPFHANDLES_H

#include <stddef.h>
#include <sys/types.h>

/* How many programs a process holds, and what may attach them: links of BPF and perf events. */
struct holdings {
	size_t programs;
	size_t links;
};

/* Reports the programs, maps and links that a process has open, and remembers them. -1: it cannot.
 */
int report_held(pid_t pid);
/* -1: it cannot be seen. */
int count_held(pid_t pid, struct holdings *all);
/* Reports which of them the kernel still has: it frees them a little after the last one let go. */
void report_left(void);

#endif

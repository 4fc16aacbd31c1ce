/* SPDX-License-Identifier: MIT */
/* The BPF programs, maps and links that a process holds, and which of them outlive it. */
#ifndef BPFHANDLES_H
#define BPFHANDLES_H

#include <sys/types.h>

/* Reports the programs, maps and links that a process has open, and remembers them. -1: it cannot.
 */
int report_held(pid_t pid);
/* Reports which of them the kernel still has: it frees them a little after the last one let go. */
void report_left(void);

#endif

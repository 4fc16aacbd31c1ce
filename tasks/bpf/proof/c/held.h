/* SPDX-License-Identifier: MIT */
/* What a process holds of BPF, and what of that is left in the kernel when it is gone. */
#ifndef HELD_H
#define HELD_H

#include <sys/types.h>

/* Tells the programs, maps and links that a process has open, and remembers them. */
void tell_held(pid_t pid);
/* Tells which of them the kernel still has: it frees what was let go a little later. */
void tell_left(void);

#endif

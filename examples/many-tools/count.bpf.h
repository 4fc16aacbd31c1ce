/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* Counting on many processors at once. */
#ifndef COUNT_BPF_H
#define COUNT_BPF_H

static __always_inline void count(__u64 *number)
{
	__sync_fetch_and_add(number, 1);
}

#endif

/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* What the BPF program counts and the loader prints. */
#ifndef NAME_H
#define NAME_H

/* Numbers of a packet's protocol, as IP headers have them; 0 for what is not IPv4. */
#define PROTOCOLS 256

struct count {
	unsigned long long packets;
	unsigned long long bytes;
};

#endif

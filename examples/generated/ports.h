/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* The ports that the rules speak of. */
#ifndef PORTS_H
#define PORTS_H

extern const unsigned short ports[];
extern const int port_count;

#endif

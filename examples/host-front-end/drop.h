/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* What the program and its loader agree on. */
#ifndef DROP_H
#define DROP_H

#define DROPPED_PORT 7

#endif

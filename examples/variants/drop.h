/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/* The size, for every way to build. */
#ifndef DROP_H
#define DROP_H

#define SMALLEST 64

#endif

/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
#ifndef DROP_H
#define DROP_H

#define PORTS 64

struct verdict {
	__u64 packets;
	__u8 drop;
};

#endif /* DROP_H */

/* SPDX-License-Identifier: MIT */
/* Where tracefs is mounted. */
#ifndef TRACEFS_H
#define TRACEFS_H

#define TRACEFS_MOUNT "mount -t tracefs nodev /sys/kernel/tracing"

/* The directory libbpf will use, or NULL when tracefs is not mounted there. */
const char *tracefs_path(void);

#endif

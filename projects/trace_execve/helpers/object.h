/* SPDX-License-Identifier: MIT */
/* The BPF object file of a loader: found, opened, set up and loaded. */
#ifndef OBJECT_H
#define OBJECT_H

#include <bpf/libbpf.h>
#include "options.h"

/*
 * Opens the object of the options, or NAME.bpf.o beside the executable, checks that it holds a
 * program of that name and sets its filter. NULL, with errno, after the complaint.
 */
struct bpf_object *object_open(const char *name, const struct options *options);

/* 0, or a negative error number after the complaint. */
int object_load(struct bpf_object *object);

/*
 * libbpf's warnings wait until it is known whether they tell more than the loader does itself:
 * then they are shown on stderr and no more are kept back, or they are forgotten.
 */
void warnings_show(void);
void warnings_forget(void);

#endif

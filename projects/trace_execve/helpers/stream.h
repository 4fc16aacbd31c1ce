/* SPDX-License-Identifier: MIT */
/* The events of a loaded object, as they come through its perf buffer. */
#ifndef STREAM_H
#define STREAM_H

#include <bpf/libbpf.h>
#include "execve_event.h"
#include "options.h"

struct stream;

/* Does what is to be done with one event; 0, or a negative error number, which ends the stream. */
typedef int (*handle_event_fn)(const struct execve_event *event, const struct options *options);

/* NULL, with errno, after the complaint. Both arguments must outlive the stream. */
struct stream *stream_open(struct bpf_object *object, const struct options *options,
			   handle_event_fn handle_event);

/* Hands on events until the duration or the count is reached, or a signal or an error comes. */
void stream_run(struct stream *stream);

/*
 * After the program is detached: hands on what was sent before and tells the sums on stderr. 0, or
 * the negative error number of what ended the stream.
 */
int stream_finish(struct stream *stream);

void stream_close(struct stream *stream);

#endif

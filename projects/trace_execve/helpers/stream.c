// SPDX-License-Identifier: MIT
/* The events of a loaded object, as they come through its perf buffer. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "complain.h"
#include "line.h"
#include "stop.h"
#include "stream.h"

#define PAGES_PER_CPU 64 /* a power of two; room for some two thousand events */
#define POLL_MS 100	 /* how late a signal may be seen */

struct stream {
	struct perf_buffer *buffer;
	struct bpf_map *dropped;
	const struct options *options;
	handle_event_fn handle_event;
	unsigned long long events;
	unsigned long long lost; /* those told so far */
	bool done;
	int err;
	struct execve_event event; /* the one at hand */
};

static void end_stream(struct stream *stream, const char *failed, int err)
{
	stream->done = true;
	stream->err = err;
	if (err)
		complain(NULL, "cannot %s: %s", failed, error_text(err));
}

/* Takes what the writing of a line gave; a reader of stdout that went away is no error. */
static void after_line(struct stream *stream, int err)
{
	if (err)
		end_stream(stream, "write to stdout", err == -EPIPE ? 0 : err);
}

/*
 * Copies an event out of the perf buffer, where it lies at four bytes and not at the eight its
 * first field wants, and where the kernel may have padded it. False when some of it is missing.
 */
static bool copy_event(struct execve_event *event, const void *data, size_t size)
{
	if (size < EXECVE_HEADER_SIZE)
		return false;
	memcpy(event, data, size < sizeof(*event) ? size : sizeof(*event));
	return event->filename_length <= 0 ||
	       (event->filename_length < EXECVE_FILENAME_SIZE &&
		(size_t)event->filename_length <= size - EXECVE_HEADER_SIZE);
}

static void on_event(void *context, int cpu, void *data, __u32 size)
{
	struct stream *stream = context;
	int err;

	if (stream->done)
		return;
	if (!copy_event(&stream->event, data, size)) {
		complain("build the loader and its BPF object from the same headers",
			 "left out an event of %u bytes from CPU %d: too short", size, cpu);
		return;
	}
	err = stream->handle_event(&stream->event, stream->options);
	after_line(stream, err);
	if (!err && ++stream->events == stream->options->count)
		end_stream(stream, NULL, 0);
}

static void tell_lost(struct stream *stream, int cpu, unsigned long long lost)
{
	stream->lost += lost;
	if (cpu < 0)
		announce("lost %llu events at the end", lost);
	else
		announce("lost %llu events on CPU %d", lost, cpu);
	if (stream->options->json)
		after_line(stream, line_lost(cpu, lost));
}

static void on_lost(void *context, int cpu, __u64 lost)
{
	struct stream *stream = context;

	if (!stream->done)
		tell_lost(stream, cpu, lost);
}

struct stream *stream_open(struct bpf_object *object, const struct options *options,
			   handle_event_fn handle_event)
{
	struct bpf_map *events = bpf_object__find_map_by_name(object, "events");
	struct stream *stream = calloc(1, sizeof(*stream));
	int err = ENOMEM;

	if (!stream)
		goto failed;

	stream->options = options;
	stream->handle_event = handle_event;
	stream->dropped = bpf_object__find_map_by_name(object, "dropped");
	stream->buffer = perf_buffer__new(bpf_map__fd(events), PAGES_PER_CPU, on_event, on_lost,
					  stream, NULL);
	if (stream->buffer)
		return stream;
	err = errno;

failed:
	complain(NULL, "cannot set up the perf buffer: %s", error_text(err));
	free(stream);
	errno = err;
	return NULL;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

void stream_run(struct stream *stream)
{
	double end = now() + stream->options->duration;

	while (!stream->done && !stop_requested()) {
		int timeout = POLL_MS;
		int err;

		if (stream->options->duration > 0) {
			double left = end - now();

			if (left <= 0)
				break;
			if (left * 1000 < POLL_MS)
				timeout = (int)(left * 1000) + 1;
		}
		err = perf_buffer__poll(stream->buffer, timeout);
		if (err < 0 && err != -EINTR)
			end_stream(stream, "read the perf buffer", err);
	}
}

/* The events that found no room, counted where that happened. */
static unsigned long long dropped_events(const struct stream *stream)
{
	__u64 dropped;
	__u32 zero = 0;
	int err;

	err = bpf_map__lookup_elem(stream->dropped, &zero, sizeof(zero), &dropped, sizeof(dropped),
				   0);
	return err ? 0 : dropped;
}

int stream_finish(struct stream *stream)
{
	unsigned long long dropped;
	int err;

	if (!stream->done) {
		err = perf_buffer__consume(stream->buffer);
		if (err < 0)
			end_stream(stream, "read the rest of the perf buffer", err);
	}
	if (!stream->done) {
		dropped = dropped_events(stream);
		if (dropped > stream->lost)
			tell_lost(stream, -1, dropped - stream->lost);
	}
	announce("%llu events, %llu lost", stream->events, stream->lost);
	return stream->err;
}

void stream_close(struct stream *stream)
{
	if (!stream)
		return;
	perf_buffer__free(stream->buffer);
	free(stream);
}

// SPDX-License-Identifier: MIT
/* Reads several streams side by side without blocking, and hands on what they say line by line. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "linereader.h"

struct stream {
	int fd; /* below 0: closed */
	char *text;
	size_t length, room;
};

static struct stream streams[STREAMS] = {
	{ .fd = -1 },
	{ .fd = -1 },
	{ .fd = -1 },
	{ .fd = -1 },
};
static unsigned long long reads; /* that gave something */
static line_handler handle_line;

void lines_to(line_handler handler)
{
	handle_line = handler;
}

void stream_open(enum stream_name name, int fd)
{
	streams[name].fd = fd;
}

static void hand_on_lines(enum stream_name name)
{
	struct stream *stream = &streams[name];
	char *start = stream->text, *end;

	stream->text[stream->length] = '\0';
	while ((end = memchr(start, '\n', stream->text + stream->length - start))) {
		*end = '\0';
		handle_line(name, start);
		start = end + 1;
	}
	stream->length -= start - stream->text;
	memmove(stream->text, start, stream->length);
}

static void end_stream(enum stream_name name)
{
	struct stream *stream = &streams[name];

	if (stream->length > 0) {
		stream->text[stream->length] = '\0';
		handle_line(name, stream->text);
	}
	stream->length = 0;
	close(stream->fd);
	stream->fd = -1;
}

static void read_stream(enum stream_name name)
{
	struct stream *stream = &streams[name];
	ssize_t bytes;

	if (stream->room - stream->length < 4096) {
		stream->room = stream->room * 2 + 65536;
		stream->text = realloc(stream->text, stream->room);
		if (!stream->text)
			abort();
	}
	bytes = read(stream->fd, stream->text + stream->length, stream->room - stream->length - 1);
	if (bytes < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (bytes <= 0) {
		end_stream(name);
		return;
	}
	reads++;
	stream->length += bytes;
	hand_on_lines(name);
}

bool streams_read(int timeout_ms)
{
	struct pollfd polled[STREAMS];
	bool any = false;

	for (int i = 0; i < STREAMS; i++)
		polled[i] = (struct pollfd){ .fd = streams[i].fd, .events = POLLIN };
	if (poll(polled, STREAMS, timeout_ms) < 0 && errno != EINTR)
		abort();
	for (int i = 0; i < STREAMS; i++) {
		if (!polled[i].revents)
			continue;
		any = true;
		read_stream(i);
	}
	return any;
}

void stream_drain(enum stream_name name)
{
	while (streams[name].fd >= 0) {
		unsigned long long before = reads;

		read_stream(name);
		if (reads == before)
			return;
	}
}

/* SPDX-License-Identifier: MIT */
/* Streams that are read side by side without waiting, and given out line by line. */
#ifndef STREAMS_H
#define STREAMS_H

#include <stdbool.h>

enum stream_name {
	LOADER_OUT,
	LOADER_ERR,
	TRIGGER_OUT,
	TRACE,
	STREAMS
};

/* Reads this file as the stream from now on; it is closed at its end. */
void stream_open(enum stream_name name, int fd);
/* Reads what is there, waiting for something at most this long. True when something was. */
bool streams_pump(int timeout_ms);
/* Reads one stream until it gives nothing: poll(2) tells of what is in a trace_pipe late. */
void stream_drain(enum stream_name name);

/* Defined by whoever uses this: is given each line, without its end. */
void take_line(enum stream_name name, char *text);

#endif

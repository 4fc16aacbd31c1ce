/* SPDX-License-Identifier: MIT */
/* Reads several streams side by side without blocking, and hands on what they say line by line. */
#ifndef LINEREADER_H
#define LINEREADER_H

#include <stdbool.h>

enum stream_name {
	LOADER_OUT,
	LOADER_ERR,
	TRIGGER_OUT,
	TRACE,
	STREAMS
};

/* Gets each line, without its end. */
typedef void (*line_handler)(enum stream_name name, char *text);

/* Whom lines are given to; set before any stream is read. */
void lines_to(line_handler handler);
/* Reads this file as the stream from now on; it is closed at its end. */
void stream_open(enum stream_name name, int fd);
/* Reads what is there, and waits for it at most this long. True when there was something. */
bool streams_read(int timeout_ms);
/* Reads one stream until it gives nothing: poll(2) reports what is in a trace_pipe late. */
void stream_drain(enum stream_name name);

#endif

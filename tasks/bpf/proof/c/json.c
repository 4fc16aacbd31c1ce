// SPDX-License-Identifier: MIT
/* JSON objects on stdout, one a line, each written whole. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "json.h"

static FILE *line;
static char *line_text;
static size_t line_size;
static int first;

static void separate(void)
{
	if (!first)
		fputc(',', line);
	first = 0;
}

/* The length of the UTF-8 character the bytes begin with; 0 when it is none. */
static size_t utf8_length(const unsigned char *bytes, size_t left)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length;
	uint32_t code;

	if (bytes[0] < 0x80)
		return 1;
	length = bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : 2;
	if (bytes[0] < 0xc0 || bytes[0] >= 0xf8 || length > left)
		return 0;
	code = bytes[0] & (0x7f >> length);
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (bytes[i] & 0x3f);
	}
	if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return length;
}

static void write_string(const char *text, size_t left)
{
	const unsigned char *bytes = (const unsigned char *)text;

	fputc('"', line);
	while (left > 0) {
		size_t length = utf8_length(bytes, left);

		if (length == 0) {
			fputs("\\ufffd", line);
			length = 1;
		} else if (bytes[0] == '"' || bytes[0] == '\\') {
			fprintf(line, "\\%c", bytes[0]);
		} else if (bytes[0] < 0x20 || bytes[0] == 0x7f) {
			fprintf(line, "\\u%04x", bytes[0]);
		} else {
			fwrite(bytes, 1, length, line);
		}
		bytes += length;
		left -= length;
	}
	fputc('"', line);
}

static void write_key(const char *key)
{
	separate();
	write_string(key, strlen(key));
	fputc(':', line);
}

void json_begin(const char *type)
{
	line = open_memstream(&line_text, &line_size);
	if (!line)
		abort();
	first = 1;
	fputc('{', line);
	json_text("type", type);
}

void json_number(const char *key, long long value)
{
	write_key(key);
	fprintf(line, "%lld", value);
}

void json_null(const char *key)
{
	write_key(key);
	fputs("null", line);
}

void json_text(const char *key, const char *text)
{
	if (text)
		json_bytes(key, text, strlen(text));
	else
		json_null(key);
}

void json_bytes(const char *key, const char *bytes, size_t length)
{
	write_key(key);
	write_string(bytes, length);
}

void json_list_begin(const char *key)
{
	write_key(key);
	fputc('[', line);
	first = 1;
}

void json_list_end(void)
{
	fputc(']', line);
	first = 0;
}

void json_object_begin(void)
{
	separate();
	fputc('{', line);
	first = 1;
}

void json_object_end(void)
{
	fputc('}', line);
	first = 0;
}

void json_end(void)
{
	size_t done = 0;

	fputs("}\n", line);
	if (fclose(line))
		abort(); /* no memory for it */
	while (done < line_size) {
		ssize_t written = write(STDOUT_FILENO, line_text + done, line_size - done);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			exit(1); /* whoever reads this is gone */
		done += written;
	}
	free(line_text);
}

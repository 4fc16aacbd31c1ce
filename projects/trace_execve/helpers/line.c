// SPDX-License-Identifier: MIT
/* The lines on stdout: events and losses, as text or as JSON. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "complain.h"
#include "line.h"

struct bytes {
	const unsigned char *start;
	size_t length;
};

void line_setup(void)
{
	static char buffer[1 << 16]; /* the longest file name fits, with every byte escaped */

	setvbuf(stdout, buffer, _IOLBF, sizeof(buffer));
}

static struct bytes comm_bytes(const char comm[EXECVE_COMM_SIZE])
{
	return (struct bytes){ (const unsigned char *)comm, strnlen(comm, EXECVE_COMM_SIZE) };
}

static struct bytes filename_bytes(const struct execve_event *event)
{
	return (struct bytes){ (const unsigned char *)event->filename, event->filename_length };
}

/* The length of the UTF-8 character the bytes begin with, and its code; 0 when it is none. */
static size_t utf8_character(struct bytes bytes, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = bytes.start[0];
	size_t length = 0;

	if (first < 0x80)
		length = 1;
	else if (first >= 0xc0 && first < 0xe0)
		length = 2;
	else if (first >= 0xe0 && first < 0xf0)
		length = 3;
	else if (first >= 0xf0 && first < 0xf8)
		length = 4;

	if (length == 0 || length > bytes.length)
		return 0;
	*code = length == 1 ? first : first & (0x7f >> length);
	for (size_t i = 1; i < length; i++) {
		if ((bytes.start[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (bytes.start[i] & 0x3f);
	}
	if (*code < least[length] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return length;
}

/* Control characters, and those that break a line or turn the direction of its text. */
static bool is_disruptive(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

static void print_text(struct bytes rest, bool keep_spaces)
{
	uint32_t code;

	if (rest.length == 0)
		putchar('-');
	if (rest.length == 1 && (rest.start[0] == '-' || rest.start[0] == '?')) {
		printf("\\x%02x", rest.start[0]);
		return;
	}
	while (rest.length > 0) {
		size_t length = utf8_character(rest, &code);
		bool plain = length > 0 && !is_disruptive(code);

		if (length == 0)
			length = 1;
		if (rest.start[0] == '\\')
			fputs("\\\\", stdout);
		else if (rest.start[0] == '\n')
			fputs("\\n", stdout);
		else if (rest.start[0] == '\t')
			fputs("\\t", stdout);
		else if (rest.start[0] == '\r')
			fputs("\\r", stdout);
		else if (plain && (keep_spaces || rest.start[0] != ' '))
			fwrite(rest.start, 1, length, stdout);
		else
			for (size_t i = 0; i < length; i++)
				printf("\\x%02x", rest.start[i]);
		rest.start += length;
		rest.length -= length;
	}
}

/* ,"KEY":"..." and, where that cannot hold the exact bytes, ,"KEY_hex":"..." after it. */
static void print_json_string(const char *key, struct bytes bytes)
{
	struct bytes rest = bytes;
	bool exact = true;
	uint32_t code;

	printf(",\"%s\":\"", key);
	while (rest.length > 0) {
		size_t length = utf8_character(rest, &code);

		if (length == 0) {
			exact = false;
			length = 1;
			fputs("\\ufffd", stdout);
		} else if (code == '"' || code == '\\') {
			printf("\\%c", (char)code);
		} else if (is_disruptive(code)) {
			printf("\\u%04x", code);
		} else {
			fwrite(rest.start, 1, length, stdout);
		}
		rest.start += length;
		rest.length -= length;
	}
	putchar('"');

	if (exact)
		return;
	printf(",\"%s_hex\":\"", key);
	for (size_t i = 0; i < bytes.length; i++)
		printf("%02x", bytes.start[i]);
	putchar('"');
}

static void print_event(const struct execve_event *event)
{
	printf("%s %llu %u ", program, (unsigned long long)event->ktime_ns, event->pid);
	print_text(comm_bytes(event->comm), false);
	printf(" %u ", event->ppid);
	print_text(comm_bytes(event->parent_comm), false);
	printf(" %u ", event->uid);
	if (event->filename_length < 0)
		putchar('?');
	else
		print_text(filename_bytes(event), true);
}

static void print_json_event(const struct execve_event *event)
{
	printf("{\"program\":\"%s\",\"event\":\"execve\",\"ktime_ns\":%llu,\"pid\":%u", program,
	       (unsigned long long)event->ktime_ns, event->pid);
	print_json_string("comm", comm_bytes(event->comm));
	printf(",\"ppid\":%u", event->ppid);
	print_json_string("parent_comm", comm_bytes(event->parent_comm));
	printf(",\"uid\":%u", event->uid);
	if (event->filename_length < 0)
		fputs(",\"filename\":null", stdout);
	else
		print_json_string("filename", filename_bytes(event));
	putchar('}');
}

static int end_line(void)
{
	putchar('\n');
	if (fflush(stdout) || ferror(stdout))
		return -errno;
	return 0;
}

int line_event(const struct execve_event *event, bool json)
{
	if (json)
		print_json_event(event);
	else
		print_event(event);
	return end_line();
}

int line_lost(int cpu, unsigned long long lost)
{
	printf("{\"program\":\"%s\",\"event\":\"lost\",\"cpu\":", program);
	if (cpu < 0)
		fputs("null", stdout);
	else
		printf("%d", cpu);
	printf(",\"lost\":%llu}", lost);
	return end_line();
}

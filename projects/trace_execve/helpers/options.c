// SPDX-License-Identifier: MIT
/* The command line that both loaders take. */
#define _GNU_SOURCE
#include <argp.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "options.h"

#define SHORTEST_DURATION 1e-3 /* seconds */
#define LONGEST_DURATION 1e9
#define LARGEST_UID (UINT32_MAX - 1) /* the one above means "no user" */

enum {
	KEY_JSON = 256,
	KEY_OBJECT,
	KEY_VERBOSE,
};

static const struct argp_option argp_options[] = {
	{ "duration", 'd', "S", 0, "Stop after S seconds (1, 0.5, ...)", 0 },
	{ "count", 'n', "N", 0, "Stop after N events", 0 },
	{ "uid", 'u', "U", 0, "Only the events of the user with number U; the kernel filters", 0 },
	{ "json", KEY_JSON, NULL, 0, "Print one JSON object a line", 0 },
	{ "object", KEY_OBJECT, "PATH", 0,
	  "Load the BPF object PATH, not the one beside this executable", 0 },
	{ "verbose", KEY_VERBOSE, NULL, 0, "Print what libbpf does on stderr", 0 },
	{ 0 },
};

static const char output_doc[] =
	"OUTPUT, one line an event, its fields separated by one space:\n\n"
	"  PROGRAM KTIME_NS PID COMM PPID PARENT_COMM UID FILENAME\n\n"
	"KTIME_NS is the monotonic clock, PID and PPID are process (not thread) numbers, UID is "
	"the real user. COMM is the process before the execve, which may yet fail. Lines of one "
	"CPU are in order; for the order of all, sort by KTIME_NS.\n\n"
	"A line is always valid UTF-8 and a field never breaks it: a backslash is printed as \\\\, "
	"a newline, tab or carriage return as \\n, \\t or \\r, and every byte of another control, "
	"line-breaking or direction-changing character, or of what is not UTF-8, as \\xHH. A space "
	"in COMM and PARENT_COMM is \\x20; FILENAME comes last and keeps its spaces. An empty field "
	"is -, and a FILENAME that could not be read is ?, for at the entry of execve the page it "
	"lies in may not be in memory yet; a field that really is - or ? is \\x2d or \\x3f.\n\n"
	"With --json the keys are program, event (\"execve\"), ktime_ns, pid, comm, ppid, "
	"parent_comm, uid and filename (null when it could not be read). A byte that is not UTF-8 "
	"becomes U+FFFD, and a key with _hex appended (filename_hex, ...) then holds the exact "
	"bytes. A loss is an object too: program, event (\"lost\"), cpu (null for those found at "
	"the end) and lost, the number of events; it does not count for --count.\n\n"
	"Events are lost when they come faster than they are printed. Each loss is told on stderr, "
	"and at the end the sum: \"N events, M lost\".\n\n"
	"execveat(2) and the execve of 32-bit programs are other system calls and are not shown.\n\n"
	"EXIT STATUS: 0 when stopped by --duration, --count, a signal or the end of the reader of "
	"stdout, 64 on a wrong command line, 1 on any other error.";

static void parse_duration(struct options *options, const char *arg, struct argp_state *state)
{
	char *end;

	options->duration = strtod(arg, &end);
	if (strspn(arg, "0123456789.") != strlen(arg) || end == arg || *end ||
	    options->duration < SHORTEST_DURATION || options->duration > LONGEST_DURATION)
		argp_error(state, "--duration wants seconds, 0.001 or more, not '%s'", arg);
}

/* A whole decimal number from least to most; anything else is told and ends the process. */
static unsigned long long parse_number(const char *option, const char *arg,
				       unsigned long long least, unsigned long long most,
				       struct argp_state *state)
{
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(arg, &end, 10);
	if (!*arg || strspn(arg, "0123456789") != strlen(arg) || errno || number < least ||
	    number > most)
		argp_error(state, "--%s wants a whole number from %llu to %llu, not '%s'", option,
			   least, most, arg);
	return number;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'd':
		parse_duration(options, arg, state);
		return 0;
	case 'n':
		options->count = parse_number("count", arg, 1, INT64_MAX, state);
		return 0;
	case 'u':
		options->uid = parse_number("uid", arg, 0, LARGEST_UID, state);
		options->by_uid = true;
		return 0;
	case KEY_JSON:
		options->json = true;
		return 0;
	case KEY_OBJECT:
		options->object = arg;
		return 0;
	case KEY_VERBOSE:
		options->verbose = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument '%s'", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void options_parse(struct options *options, int argc, char **argv, const char *doc)
{
	struct argp argp = { .options = argp_options, .parser = parse_option };
	char *whole_doc;

	/* argp prints what follows the \v after the list of options. */
	if (asprintf(&whole_doc, "%s\v%s", doc, output_doc) < 0)
		whole_doc = NULL;
	argp.doc = whole_doc;
	argp_parse(&argp, argc, argv, 0, NULL, options);
	free(whole_doc);
}

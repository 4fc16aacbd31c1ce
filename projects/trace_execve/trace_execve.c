// SPDX-License-Identifier: MIT
/* Loads trace_execve.bpf.o and prints a line for every execve(2), seen by its tracepoint. */
#include <argp.h>
#include <errno.h>
#include <bpf/libbpf.h>
#include "complain.h"
#include "line.h"
#include "object.h"
#include "options.h"
#include "stop.h"
#include "stream.h"
#include "tracefs.h"

const char program[] = "trace_execve";
const char *argp_program_version = "trace_execve 1.0";

static const char doc[] =
	"Prints a line for every execve(2), seen by the tracepoint at its entry.\n\n"
	"EXAMPLES:\n"
	"  trace_execve                         # every execve until Ctrl-C\n"
	"  trace_execve --duration 10 --uid 0   # those of root, for ten seconds\n"
	"  trace_execve --count 5 --json        # five events, as JSON";

static int handle_event(const struct execve_event *event, const struct options *options)
{
	return line_event(event, options->json);
}

static void explain_attach(int err)
{
	if (err == -EPERM || err == -EACCES) {
		warnings_forget();
		complain("run it as root (sudo), or with CAP_BPF and CAP_PERFMON",
			 "not permitted to attach to the tracepoint");
	} else if (!tracefs_path()) {
		warnings_forget();
		complain(TRACEFS_MOUNT, "cannot attach to the tracepoint: tracefs is not mounted");
	} else {
		warnings_show();
		complain("it needs a kernel with CONFIG_FTRACE_SYSCALLS=y",
			 "cannot attach to the tracepoint: %s", error_text(err));
	}
}

int main(int argc, char **argv)
{
	struct options options = {};
	struct bpf_object *object = NULL;
	struct bpf_program *entry;
	struct bpf_link *link = NULL;
	struct stream *stream = NULL;
	int err;

	options_parse(&options, argc, argv, doc);
	line_setup();
	err = stop_on_signals();
	if (err)
		goto cleanup;

	object = object_open(program, &options);
	if (!object) {
		err = -errno;
		goto cleanup;
	}

	err = object_load(object);
	if (err)
		goto cleanup;

	stream = stream_open(object, &options, handle_event);
	if (!stream) {
		err = -errno;
		goto cleanup;
	}

	entry = bpf_object__find_program_by_name(object, program);
	link = bpf_program__attach(entry);
	if (!link) {
		err = -errno;
		explain_attach(err);
		goto cleanup;
	}
	warnings_show();
	announce("attached, waiting for execve (Ctrl-C stops)");

	stream_run(stream);
	bpf_link__destroy(link); /* now nothing more is sent */
	link = NULL;
	err = stream_finish(stream);

cleanup:
	bpf_link__destroy(link);
	stream_close(stream);
	bpf_object__close(object);
	return err != 0;
}

// SPDX-License-Identifier: MIT
/* Loads probe_execve.bpf.o and prints a line for every execve(2), seen by a kprobe. */
#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bpf/libbpf.h>
#include "complain.h"
#include "line.h"
#include "object.h"
#include "options.h"
#include "stop.h"
#include "stream.h"

const char program[] = "probe_execve";
const char *argp_program_version = "probe_execve 1.0";

static const char doc[] =
	"Prints a line for every execve(2), seen by a kprobe on the function it enters by.\n\n"
	"EXAMPLES:\n"
	"  probe_execve                         # every execve until Ctrl-C\n"
	"  probe_execve --duration 10 --uid 0   # those of root, for ten seconds\n"
	"  probe_execve --count 5 --json        # five events, as JSON";

static int handle_event(const struct execve_event *event, const struct options *options)
{
	return line_event(event, options->json);
}

/* Kernels give out kprobes by perf_event_open(2), and those before 4.17 by a file of tracefs. */
static bool kernel_has_kprobes(void)
{
	return access("/sys/bus/event_source/devices/kprobe", F_OK) == 0 ||
	       access("/sys/kernel/tracing/kprobe_events", F_OK) == 0 ||
	       access("/sys/kernel/debug/tracing/kprobe_events", F_OK) == 0;
}

/* Whether /proc/kallsyms lists the function; true as well when there is no such list. */
static bool kernel_has_function(const char *name)
{
	FILE *symbols = fopen("/proc/kallsyms", "r");
	char line[1024], symbol[512];
	bool found = false;

	if (!symbols)
		return true;
	while (!found && fgets(line, sizeof(line), symbols)) {
		if (sscanf(line, "%*s %*s %511s", symbol) == 1)
			found = strcmp(symbol, name) == 0;
	}
	fclose(symbols);
	return found;
}

static void explain_no_kprobes(void)
{
	if (!kernel_has_function("register_kprobe"))
		complain("use trace_execve, which needs only tracepoints, or boot a kernel with "
			 "CONFIG_KPROBES=y",
			 "this kernel has no kprobes (CONFIG_KPROBES is off)");
	else
		complain("use trace_execve, which needs only tracepoints, or boot a kernel with "
			 "CONFIG_KPROBE_EVENTS=y",
			 "this kernel gives out no kprobes (CONFIG_KPROBE_EVENTS is off, or /sys "
			 "is not mounted)");
}

static void explain_attach(const struct bpf_program *entry, int err)
{
	/* The section is named "kprobe/FUNCTION". */
	const char *slash = strchr(bpf_program__section_name(entry), '/');
	const char *function = slash ? slash + 1 : "?";

	if (err == -EPERM || err == -EACCES) {
		warnings_forget();
		complain("run it as root (sudo), or with CAP_BPF and CAP_PERFMON",
			 "not permitted to set a kprobe on %s", function);
	} else if (!kernel_has_function(function)) {
		warnings_forget();
		complain("build the BPF object for the architecture of this kernel",
			 "this kernel has no function %s to set a kprobe on", function);
	} else {
		warnings_show();
		complain("the kernel may forbid a kprobe on that function, see "
			 "/sys/kernel/debug/kprobes/blacklist",
			 "cannot set a kprobe on %s: %s", function, error_text(err));
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

	if (!kernel_has_kprobes()) {
		err = -EOPNOTSUPP;
		explain_no_kprobes();
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
		explain_attach(entry, err);
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

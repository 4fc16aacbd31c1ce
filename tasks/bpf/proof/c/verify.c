// SPDX-License-Identifier: MIT
/*
 * Loads every program of BPF object files by itself, without attaching it, and reports what
 * the verifier said: one JSON object a line. Maps are reported once an object. Whoever reads this
 * (tasks/bpf/proof/verify/) decides what it means, and what to do about it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "json.h"
#include "sourcelines.h"

#define LOG_SIZE (64u << 20)  /* reserved, and used only as far as the kernel writes */
#define TAIL_SIZE (64u << 10) /* how much of its end is reported */

/* Levels of the verifier's log: BPF_LOG_LEVEL1, 2 and STATS of linux/bpf_verifier.h. */
enum {
	LOG_PATH = 1,
	LOG_ALL = 2,
	LOG_STATS = 4
};

static char *log_text;
static FILE *said; /* libbpf's warnings, in memory */
static char *said_text;
static size_t said_size;

/* Names of helpers by their numbers, as far as the headers of this build know them. */
#define HELPER_NAME(name) "bpf_" #name
static const char *const helpers[] = { __BPF_FUNC_MAPPER(HELPER_NAME) };

struct attempt {
	struct bpf_object *object;
	struct bpf_program *program;
	int err;
	long long load_us;
};

static int keep_warning(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN && said ? vfprintf(said, format, args) : 0;
}

static void die(const char *what)
{
	fprintf(stderr, "verify: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void start_listening(void)
{
	if (said)
		fclose(said);
	free(said_text);
	said_text = NULL;
	said = open_memstream(&said_text, &said_size);
	if (!said)
		die("no memory for what libbpf says");
}

/* What libbpf has said since start_listening(). Changes errno. */
static const char *what_libbpf_said(void)
{
	if (fflush(said))
		die("no memory for what libbpf says");
	return said_text;
}

static long long now_us(void)
{
	struct timespec time;

	if (clock_gettime(CLOCK_MONOTONIC, &time))
		die("clock_gettime");
	return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

/* Opens the object, and loads of its programs only the one of this number. */
static struct attempt load_one(const char *path, size_t number, int log_level)
{
	struct attempt attempt = {};
	struct bpf_program *program;
	size_t at = 0;

	log_text[0] = '\0';
	start_listening();
	attempt.object = bpf_object__open_file(path, NULL);
	if (!attempt.object) {
		attempt.err = -errno;
		return attempt;
	}
	bpf_object__for_each_program(program, attempt.object) {
		bool wanted = at++ == number;

		bpf_program__set_autoload(program, wanted);
		if (!wanted)
			continue;
		attempt.program = program;
		bpf_program__set_log_level(program, log_level);
		bpf_program__set_log_buf(program, log_text, LOG_SIZE);
	}
	attempt.load_us = now_us();
	attempt.err = bpf_object__load(attempt.object);
	attempt.load_us = now_us() - attempt.load_us;
	return attempt;
}

/* The end of the log, from the beginning of a line. */
static const char *log_tail(void)
{
	size_t length = strnlen(log_text, LOG_SIZE);
	const char *start = log_text;

	if (length > TAIL_SIZE) {
		const char *next = strchr(log_text + length - TAIL_SIZE, '\n');

		if (next)
			start = next + 1;
	}
	return start;
}

/* Types of maps that this kernel does not have. */
static void report_missing_maps(struct bpf_object *object)
{
	struct bpf_map *map;

	json_list_begin("missing_maps");
	if (object) {
		bpf_object__for_each_map(map, object) {
			enum bpf_map_type type = bpf_map__type(map);

			if (libbpf_probe_bpf_map_type(type, NULL) != 0)
				continue;
			json_object_begin();
			json_text("map", bpf_map__name(map));
			json_text("map_type", libbpf_bpf_map_type_str(type));
			json_object_end();
		}
	}
	json_list_end();
}

/* The helper that this kernel does not have, where the verifier says so. */
static void report_missing_helper(const char *log)
{
	const char *said = strstr(log, "invalid func unknown#");
	size_t number;

	if (!said || sscanf(said, "invalid func unknown#%zu", &number) != 1)
		return;
	json_text("helper", number < sizeof(helpers) / sizeof(helpers[0]) ? helpers[number] : NULL);
}

static void report_failure(const char *path, size_t number, const struct attempt *failed)
{
	enum bpf_prog_type type = bpf_program__type(failed->program);
	struct attempt again;
	const char *log;

	json_number("errno", -failed->err);
	json_text("error", strerror(-failed->err));
	json_text("libbpf", what_libbpf_said());
	json_number("type_known", libbpf_probe_bpf_prog_type(type, NULL));
	report_missing_maps(failed->object);

	/* The first load was quiet; this one tells the path that the verifier took. */
	bool deep = strstr(log_text, "combined stack size") != NULL;

	again = load_one(path, number, (deep ? LOG_ALL : LOG_PATH) | LOG_STATS);
	log = log_tail();
	json_text("log", log);
	report_missing_helper(log);
	report_lines(path, log);
	bpf_object__close(again.object);
}

static void report_success(const struct attempt *loaded)
{
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	if (!bpf_obj_get_info_by_fd(bpf_program__fd(loaded->program), &info, &size)) {
		json_number("jited", info.jited_prog_len);
		json_number("translated", info.xlated_prog_len);
	}
	json_text("log", log_tail());
}

static bool report_program(const char *path, size_t number)
{
	struct attempt attempt = load_one(path, number, LOG_STATS);

	json_begin("program");
	json_text("object", path);
	json_text("program", bpf_program__name(attempt.program));
	json_text("section", bpf_program__section_name(attempt.program));
	json_text("program_type", libbpf_bpf_prog_type_str(bpf_program__type(attempt.program)));
	json_number("instructions", bpf_program__insn_cnt(attempt.program));
	json_number("load_us", attempt.load_us);
	if (attempt.err)
		report_failure(path, number, &attempt);
	else
		report_success(&attempt);
	report_place(path, bpf_program__section_name(attempt.program),
		     bpf_program__name(attempt.program));
	json_end();
	bpf_object__close(attempt.object);
	return attempt.err == 0;
}

/* Bytes of a map, by proc(5)'s fdinfo; -1 where the kernel does not tell. */
static long long map_memory(int fd)
{
	long long bytes = -1;
	char path[64], text[256];
	FILE *info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = fopen(path, "r");
	while (info && fgets(text, sizeof(text), info) &&
	       sscanf(text, "memlock: %lld", &bytes) != 1)
		;
	if (info)
		fclose(info);
	return bytes;
}

static void report_maps(const char *path)
{
	/* No program is loaded: all of its maps are made nevertheless. */
	struct attempt attempt = load_one(path, (size_t)-1, 0);
	struct bpf_map *map;

	if (attempt.object && !attempt.err) {
		bpf_object__for_each_map(map, attempt.object) {
			long long memory = map_memory(bpf_map__fd(map));

			json_begin("map");
			json_text("object", path);
			json_text("map", bpf_map__name(map));
			json_text("map_type", libbpf_bpf_map_type_str(bpf_map__type(map)));
			json_number("key_size", bpf_map__key_size(map));
			json_number("value_size", bpf_map__value_size(map));
			json_number("max_entries", bpf_map__max_entries(map));
			if (memory < 0)
				json_null("memory");
			else
				json_number("memory", memory);
			json_end();
		}
	}
	bpf_object__close(attempt.object);
}

static void report_no_object(const char *path, int err)
{
	char text[128];

	json_begin("no-object");
	json_text("object", path);
	libbpf_strerror(err, text, sizeof(text)); /* knows libbpf's own numbers too */
	json_text("error", text);
	json_text("libbpf", what_libbpf_said());
	json_end();
}

/* Is it among the names, each followed by a comma? */
static bool is_among(const char *names, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = names; (at = strstr(at, name)); at += length)
		if ((at == names || at[-1] == ',') && at[length] == ',')
			return true;
	return false;
}

static void report_left_out(const char *path, const struct bpf_program *program)
{
	json_begin("left-out");
	json_text("object", path);
	json_text("program", bpf_program__name(program));
	json_text("section", bpf_program__section_name(program));
	json_end();
}

/*
 * Loads all programs of an object but those that are named, each followed by a comma.
 * Returns how many of its programs, or itself, could not be loaded.
 */
static size_t verify_object(const char *path, const char *without)
{
	size_t programs = 0, failed = 0;
	struct bpf_object *object;
	struct bpf_program *program;
	bool *wanted = NULL;

	start_listening();
	object = bpf_object__open_file(path, NULL);
	if (!object) {
		report_no_object(path, errno);
		return 1;
	}
	bpf_object__for_each_program(program, object) {
		wanted = realloc(wanted, (programs + 1) * sizeof(*wanted));
		if (!wanted)
			die("no memory");
		wanted[programs] = !is_among(without, bpf_program__name(program));
		if (!wanted[programs])
			report_left_out(path, program);
		programs++;
	}
	bpf_object__close(object);
	for (size_t number = 0; number < programs; number++)
		failed += wanted[number] && !report_program(path, number);
	free(wanted);
	report_maps(path);
	return failed;
}

static void report_kernel(void)
{
	struct utsname name;

	if (uname(&name))
		die("uname");
	json_begin("kernel");
	json_text("release", name.release);
	json_text("machine", name.machine);
	json_end();
}

/* verify [[--without PROGRAM,[PROGRAM,]...] OBJECT]... */
int main(int argc, char **argv)
{
	const char *without = "";
	size_t failed = 0;

	log_text = mmap(NULL, LOG_SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (log_text == MAP_FAILED)
		die("no room for the log of the verifier");
	libbpf_set_print(keep_warning);
	report_kernel();
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--without") && i + 2 < argc) {
			without = argv[++i];
			continue;
		}
		failed += verify_object(argv[i], without);
		without = "";
	}
	json_begin("end");
	json_number("failed", failed);
	json_end();
	return failed != 0;
}

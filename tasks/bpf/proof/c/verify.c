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
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include "json.h"

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

/* The head of a .BTF.ext section: Documentation/bpf/btf.rst. */
struct ext_header {
	__u16 magic;
	__u8 version;
	__u8 flags;
	__u32 header_length;
	__u32 function_offset;
	__u32 function_length;
	__u32 line_offset;
	__u32 line_length;
};

struct ext_lines {
	__u32 section_name;
	__u32 count;
};

struct ext_line {
	__u32 instruction;
	__u32 file_name;
	__u32 text;
	__u32 line_and_column;
};

static const char *trimmed(const char *text)
{
	return text ? text + strspn(text, " \t") : "";
}

/* Where the source lines are whose text the log shows: older kernels show nothing but text. */
static void report_lines(const char *path, const char *log)
{
	struct btf_ext *ext = NULL;
	struct btf *btf = btf__parse(path, &ext);
	const struct ext_header *header;
	const char *at, *end;
	__u32 size, record, last = 0;

	json_list_begin("lines");
	header = ext ? btf_ext__get_raw_data(ext, &size) : NULL;
	if (!header || header->line_length <= sizeof(record))
		goto done;
	at = (const char *)header + header->header_length + header->line_offset;
	end = at + header->line_length;
	memcpy(&record, at, sizeof(record));
	at += sizeof(record);
	while (at + sizeof(struct ext_lines) <= end && record >= sizeof(struct ext_line)) {
		const struct ext_lines *section = (const void *)at;

		at += sizeof(*section);
		for (__u32 i = 0; i < section->count && at + record <= end; i++, at += record) {
			const struct ext_line *entry = (const void *)at;
			const char *text = trimmed(btf__name_by_offset(btf, entry->text));

			if (!*text || entry->line_and_column >> 10 == last || !strstr(log, text))
				continue;
			last = entry->line_and_column >> 10;
			json_object_begin();
			json_text("file", btf__name_by_offset(btf, entry->file_name));
			json_number("line", last);
			json_text("text", text);
			json_object_end();
		}
	}
done:
	json_list_end();
	btf_ext__free(ext);
	btf__free(btf);
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

/* Returns how many of its programs, or itself, could not be loaded. */
static size_t verify_object(const char *path)
{
	struct bpf_object *object;
	struct bpf_program *program;
	size_t programs = 0, failed = 0;

	start_listening();
	object = bpf_object__open_file(path, NULL);
	if (!object) {
		report_no_object(path, errno);
		return 1;
	}
	bpf_object__for_each_program(program, object)
		programs++;
	bpf_object__close(object);
	for (size_t number = 0; number < programs; number++)
		failed += !report_program(path, number);
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

int main(int argc, char **argv)
{
	size_t failed = 0;

	log_text = mmap(NULL, LOG_SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (log_text == MAP_FAILED)
		die("no room for the log of the verifier");
	libbpf_set_print(keep_warning);
	report_kernel();
	for (int i = 1; i < argc; i++)
		failed += verify_object(argv[i]);
	json_begin("end");
	json_number("failed", failed);
	json_end();
	return failed != 0;
}

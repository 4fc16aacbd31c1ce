// SPDX-License-Identifier: MIT
/* The BPF object file of a loader: found, opened, set up and loaded. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "complain.h"
#include "execve_filter.h"
#include "object.h"

static const char other_object[] = "build it again, or name another one with --object PATH";

static bool verbose;
static FILE *kept; /* the warnings that wait, in memory */
static char *kept_text;
static size_t kept_size;

static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	if (verbose)
		return vfprintf(stderr, format, args);
	if (level != LIBBPF_WARN)
		return 0;
	return vfprintf(kept ? kept : stderr, format, args);
}

static void warnings_keep(void)
{
	kept = open_memstream(&kept_text, &kept_size);
	libbpf_set_print(print_libbpf);
}

void warnings_forget(void)
{
	if (!kept)
		return;
	fclose(kept);
	kept = NULL;
	free(kept_text);
}

void warnings_show(void)
{
	if (!kept)
		return;
	fflush(kept);
	fwrite(kept_text, 1, kept_size, stderr);
	warnings_forget();
}

/* Writes the path of DIRECTORY-OF-THE-EXECUTABLE/NAME.bpf.o; 0 or a negative error number. */
static int path_beside(const char *name, char path[PATH_MAX])
{
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char *file;
	size_t room;

	if (length < 0)
		return -errno;
	path[length] = '\0';
	file = strrchr(path, '/') + 1; /* the link is an absolute path */
	room = path + PATH_MAX - file;
	return (size_t)snprintf(file, room, "%s.bpf.o", name) < room ? 0 : -ENAMETOOLONG;
}

/* What the object lacks of all that the loader uses; NULL when nothing is missing. */
static const char *missing_part(const struct bpf_object *object, const char *name)
{
	static const char *const maps[] = { "events", "dropped", EXECVE_FILTER_SECTION };

	if (!bpf_object__find_program_by_name(object, name))
		return name;
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		if (!bpf_object__find_map_by_name(object, maps[i]))
			return maps[i];
	}
	return NULL;
}

static int set_filter(struct bpf_object *object, const struct options *options)
{
	struct execve_filter filter = { .by_uid = options->by_uid, .uid = options->uid };
	struct bpf_map *map = bpf_object__find_map_by_name(object, EXECVE_FILTER_SECTION);

	return bpf_map__set_initial_value(map, &filter, sizeof(filter));
}

struct bpf_object *object_open(const char *name, const struct options *options)
{
	struct bpf_object *object = NULL;
	const char *path = options->object;
	const char *missing;
	char beside[PATH_MAX];
	int err;

	verbose = options->verbose;
	warnings_keep();

	if (!path) {
		err = path_beside(name, beside);
		if (err) {
			complain("name the object with --object PATH",
				 "cannot tell where this executable is: %s", error_text(err));
			goto failed;
		}
		path = beside;
	}

	if (access(path, R_OK)) {
		err = -errno;
		complain("build it, or name another one with --object PATH",
			 "cannot open the BPF object %s: %s", path, error_text(err));
		goto failed;
	}

	object = bpf_object__open_file(path, NULL);
	if (!object) {
		err = -errno;
		complain(other_object, "%s is not a BPF object: %s", path, error_text(err));
		goto failed;
	}

	missing = missing_part(object, name);
	if (missing) {
		err = -ENOENT;
		complain(other_object, "%s is not the BPF object of %s: it has no %s", path, name,
			 missing);
		goto failed;
	}

	err = set_filter(object, options);
	if (err) {
		complain(other_object, "cannot set the filter of %s: %s", path, error_text(err));
		goto failed;
	}
	return object;

failed:
	warnings_forget();
	bpf_object__close(object);
	errno = -err;
	return NULL;
}

int object_load(struct bpf_object *object)
{
	int err = bpf_object__load(object);

	if (!err)
		return 0;
	if (err == -EPERM && geteuid() != 0) {
		warnings_forget();
		complain("run it as root (sudo)", "not permitted to load BPF programs");
		return err;
	}
	warnings_show();
	complain(err == -EPERM ? "it needs the capabilities CAP_BPF and CAP_PERFMON" : NULL,
		 "cannot load the BPF object: %s", error_text(err));
	return err;
}

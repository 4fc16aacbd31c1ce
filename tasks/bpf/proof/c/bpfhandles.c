// SPDX-License-Identifier: MIT
/* The BPF programs, maps and links that a process holds, and which of them outlive it. */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "bpfhandles.h"
#include "json.h"

#define LEFT_MS 5000
#define PAUSE_MS 10
#define MAX_HELD 256

struct held {
	const char *kind;
	__u32 id;
};

static struct held held[MAX_HELD];
static size_t held_count;

static int hold(const char *kind, __u32 id, void *given)
{
	(void)given;
	if (held_count == MAX_HELD) {
		fprintf(stderr, "runcase: the loader holds more than %d of BPF\n", MAX_HELD);
		return -1;
	}
	held[held_count++] = (struct held){ kind, id };
	json_begin("held");
	json_text("kind", kind);
	json_number("id", id);
	json_end();
	return 0;
}

/* Called with what an open file is: the kind of BPF, and its id. Returns 0 to go on. */
typedef int (*on_described)(const char *kind, __u32 id, void *given);

/* What one open file is, if it is of BPF: proc(5). */
static int described(FILE *info, on_described found, void *given)
{
	static const char *const kinds[] = { "prog", "map", "link" };
	char line[256], key[32];
	__u32 id;

	/* A link has a line for its program as well, after that with its own id. */
	while (fgets(line, sizeof(line), info)) {
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
			snprintf(key, sizeof(key), "%s_id: %%u", kinds[i]);
			if (sscanf(line, key, &id) == 1)
				return found(kinds[i], id, given);
		}
	}
	return 0;
}

static int each_described(pid_t pid, on_described found, void *given)
{
	struct dirent *entry;
	DIR *open_files;
	char path[512];
	int err = 0;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	open_files = opendir(path);
	if (!open_files)
		return -1;
	while (!err && (entry = readdir(open_files))) {
		FILE *info;

		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", pid, entry->d_name);
		info = fopen(path, "r");
		if (!info)
			continue; /* closed meanwhile */
		err = described(info, found, given);
		fclose(info);
	}
	closedir(open_files);
	return err;
}

int report_held(pid_t pid)
{
	int err = each_described(pid, hold, NULL);

	if (err && held_count < MAX_HELD)
		perror("runcase: cannot read what the loader has open");
	return err;
}

static int count_one(const char *kind, __u32 id, void *given)
{
	struct holdings *all = given;

	(void)id;
	all->programs += kind[0] == 'p';
	all->links += kind[0] == 'l';
	return 0;
}

/* A link that is a perf event, as kprobes and tracepoints were before links of BPF. */
static size_t count_events(pid_t pid)
{
	struct dirent *entry;
	DIR *open_files;
	char path[512], target[64];
	size_t count = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	open_files = opendir(path);
	while (open_files && (entry = readdir(open_files))) {
		ssize_t length;

		snprintf(path, sizeof(path), "/proc/%d/fd/%s", pid, entry->d_name);
		length = readlink(path, target, sizeof(target) - 1);
		target[length < 0 ? 0 : length] = '\0';
		count += !strcmp(target, "anon_inode:[perf_event]");
	}
	if (open_files)
		closedir(open_files);
	return count;
}

int count_held(pid_t pid, struct holdings *all)
{
	*all = (struct holdings){};
	if (each_described(pid, count_one, all))
		return -1;
	all->links += count_events(pid);
	return 0;
}

static bool is_there(const struct held *one)
{
	int fd;

	switch (one->kind[0]) {
	case 'p':
		fd = bpf_prog_get_fd_by_id(one->id);
		break;
	case 'm':
		fd = bpf_map_get_fd_by_id(one->id);
		break;
	default:
		fd = bpf_link_get_fd_by_id(one->id);
	}
	if (fd < 0)
		return errno != ENOENT;
	close(fd);
	return true;
}

void report_left(void)
{
	int patience = LEFT_MS / PAUSE_MS; /* for all of them */

	for (size_t i = 0; i < held_count; i++) {
		for (; is_there(&held[i]) && patience > 0; patience--)
			usleep(PAUSE_MS * 1000);
		if (!is_there(&held[i]))
			continue;
		json_begin("left");
		json_text("kind", held[i].kind);
		json_number("id", held[i].id);
		json_end();
	}
}

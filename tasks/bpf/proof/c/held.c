// SPDX-License-Identifier: MIT
/* What a process holds of BPF, and what of that is left in the kernel when it is gone. */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "held.h"
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

static void hold(const char *kind, __u32 id)
{
	if (held_count == MAX_HELD)
		return;
	held[held_count++] = (struct held){ kind, id };
	json_begin("held");
	json_text("kind", kind);
	json_number("id", id);
	json_end();
}

/* What a process holds of BPF, by the files that it has open: proc(5). */
void tell_held(pid_t pid)
{
	static const char *const kinds[] = { "prog", "map", "link" };
	char folder[64], path[512], line[256], key[32];
	struct dirent *entry;
	DIR *open_files;

	snprintf(folder, sizeof(folder), "/proc/%d/fdinfo", pid);
	open_files = opendir(folder);
	while (open_files && (entry = readdir(open_files))) {
		FILE *info;
		__u32 id;

		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		info = fopen(path, "r");
		/* A link tells its program as well, and its own id before that. */
		while (info && fgets(line, sizeof(line), info)) {
			bool known = false;

			for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
				snprintf(key, sizeof(key), "%s_id: %%u", kinds[i]);
				if (sscanf(line, key, &id) != 1)
					continue;
				hold(kinds[i], id);
				known = true;
			}
			if (known)
				break;
		}
		if (info)
			fclose(info);
	}
	if (open_files)
		closedir(open_files);
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

void tell_left(void)
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

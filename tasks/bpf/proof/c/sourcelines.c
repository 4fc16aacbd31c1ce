// SPDX-License-Identifier: MIT
/* Source lines of BPF objects, from the line table that clang writes beside their types. */
#include <stdbool.h>
#include <string.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include "json.h"
#include "sourcelines.h"

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

/* Before the records of each section of the object, in the tables of functions and of lines. */
struct ext_lines {
	__u32 section_name;
	__u32 count;
};

struct ext_function {
	__u32 instruction;
	__u32 type;
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

struct table {
	const char *at;
	const char *end;
	__u32 record; /* bytes of each record */
};

static struct table open_table(const char *start, __u32 length, __u32 least)
{
	struct table table = { start, start + length, 0 };

	if (length <= sizeof(table.record))
		return (struct table){};
	memcpy(&table.record, start, sizeof(table.record));
	table.at += sizeof(table.record);
	return table.record < least ? (struct table){} : table;
}

/* The records of the next section, or NULL. */
static const struct ext_lines *next_section(struct table *table)
{
	const struct ext_lines *section = (const void *)table->at;

	if (!table->at || table->at + sizeof(*section) > table->end)
		return NULL;
	table->at += sizeof(*section) + (size_t)section->count * table->record;
	return table->at > table->end ? NULL : section;
}

static const void *record_of(const struct table *table, const struct ext_lines *section, __u32 i)
{
	return (const char *)(section + 1) + (size_t)i * table->record;
}

/* Opens the two tables of an object; false where it has none. */
static bool open_tables(struct btf_ext *ext, struct table *functions, struct table *lines)
{
	const struct ext_header *header;
	const char *start;
	__u32 size;

	header = ext ? btf_ext__get_raw_data(ext, &size) : NULL;
	if (!header)
		return false;
	start = (const char *)header + header->header_length;
	*functions = open_table(start + header->function_offset, header->function_length,
				sizeof(struct ext_function));
	*lines = open_table(start + header->line_offset, header->line_length,
			    sizeof(struct ext_line));
	return lines->at;
}

void report_lines(const char *path, const char *log)
{
	const struct ext_lines *section;
	struct table functions, lines;
	struct btf_ext *ext = NULL;
	struct btf *btf = btf__parse(path, &ext);
	__u32 last = 0;

	json_list_begin("lines");
	if (!open_tables(ext, &functions, &lines))
		goto done;
	while ((section = next_section(&lines))) {
		for (__u32 i = 0; i < section->count; i++) {
			const struct ext_line *entry = record_of(&lines, section, i);
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

static bool is_named(const struct btf *btf, __u32 offset, const char *name)
{
	const char *found = btf__name_by_offset(btf, offset);

	return found && !strcmp(found, name);
}

/* The byte at which a program begins in its section, or -1. */
static long long start_of(const struct btf *btf, struct table functions, const char *section_name,
			  const char *program)
{
	const struct ext_lines *section;

	while ((section = next_section(&functions))) {
		if (!is_named(btf, section->section_name, section_name))
			continue;
		for (__u32 i = 0; i < section->count; i++) {
			const struct ext_function *entry = record_of(&functions, section, i);
			const struct btf_type *type = btf__type_by_id(btf, entry->type);

			if (type && is_named(btf, type->name_off, program))
				return entry->instruction;
		}
	}
	return -1;
}

void report_place(const char *path, const char *section_name, const char *program)
{
	const struct ext_lines *section;
	struct table functions, lines;
	struct btf_ext *ext = NULL;
	struct btf *btf = btf__parse(path, &ext);
	long long start;

	if (!open_tables(ext, &functions, &lines))
		goto done;
	start = start_of(btf, functions, section_name, program);
	while (start >= 0 && (section = next_section(&lines))) {
		if (!is_named(btf, section->section_name, section_name))
			continue;
		for (__u32 i = 0; i < section->count; i++) {
			const struct ext_line *entry = record_of(&lines, section, i);

			if (entry->instruction != start)
				continue;
			json_text("file", btf__name_by_offset(btf, entry->file_name));
			json_number("line", entry->line_and_column >> 10);
			goto done;
		}
	}
done:
	btf_ext__free(ext);
	btf__free(btf);
}

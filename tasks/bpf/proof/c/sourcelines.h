/* SPDX-License-Identifier: MIT */
/* Where programs of BPF objects are in their sources, as members of a JSON line. */
#ifndef SOURCELINES_H
#define SOURCELINES_H

/* A list "lines" of those source lines whose text is in the log: older kernels show nothing but
 * text. */
void report_lines(const char *path, const char *log);
/* "file" and "line" of a program's first instruction, where the object says so. */
void report_place(const char *path, const char *section, const char *program);

#endif

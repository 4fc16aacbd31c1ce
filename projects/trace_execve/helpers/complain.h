/* SPDX-License-Identifier: MIT */
/* What a loader tells on stderr, always under its own name. */
#ifndef COMPLAIN_H
#define COMPLAIN_H

extern const char program[]; /* the loader's name; each loader defines it */

/* "program: message", for what is no error. */
void announce(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "program: message", then what to do about it, if there is a hint. */
void complain(const char *hint, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The words for an error number of the C library or of libbpf, of either sign. */
const char *error_text(int err);

#endif

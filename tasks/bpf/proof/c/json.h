/* SPDX-License-Identifier: MIT */
/* JSON objects on stdout, one a line, each written whole. */
#ifndef JSON_H
#define JSON_H

#include <stddef.h>

/* Each line: json_begin("type"), members, json_end(). */
void json_begin(const char *type);
void json_number(const char *key, long long value);
void json_null(const char *key);
/* Bytes that are not UTF-8 become U+FFFD. A NULL text is null. */
void json_text(const char *key, const char *text);
void json_bytes(const char *key, const char *bytes, size_t length);
void json_list_begin(const char *key);
void json_list_end(void);
void json_object_begin(void);
void json_object_end(void);
void json_end(void);

#endif

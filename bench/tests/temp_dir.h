/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Files for tests: a folder that is removed afterwards, copies, and small changes to them. Every
 * function fails the cmocka test where it does not succeed. */
#ifndef EDY_TEMP_DIR_H
#define EDY_TEMP_DIR_H

#include <stdbool.h>
#include <stddef.h>

/* A new folder; its path is valid until it is removed. */
char *edy_temp_dir_create(void);
void edy_temp_dir_remove(char *dir); /* with all that is in it; frees the path */

/* "dir/name" into one of a few static buffers. */
const char *edy_temp_path(const char *dir, const char *name);
void edy_temp_mkdir(const char *path); /* with parents */
void edy_temp_write(const char *path, const void *data, size_t bytes);
/* The whole file; the caller frees. */
char *edy_temp_read(const char *path, size_t *bytes);
void edy_temp_copy(const char *from, const char *to);
bool edy_temp_exists(const char *path);
size_t edy_temp_count(const char *dir); /* entries of a folder */

/* Drops bytes at the end; changes one byte. */
void edy_temp_truncate(const char *path, size_t by);
void edy_temp_flip(const char *path, size_t offset);
/* Replaces every `from` by a `to` of the same length; at least one must be there. */
void edy_temp_replace(const char *path, const char *from, const char *to);

#endif

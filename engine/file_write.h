/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Writing a file whole or not at all. */
#ifndef EDY_FILE_WRITE_H
#define EDY_FILE_WRITE_H

#include <stddef.h>

#include "engine/status.h"

/* Writes bytes[0, size) under a name of its own beside path, syncs, and renames it to path: what
 * was there stays until all is written. EDY_IO with a message that does not name the file. */
edy_status edy_file_replace(const char *path, const void *bytes, size_t size, edy_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Small files as text. */
#ifndef EDY_TEXT_FILE_H
#define EDY_TEXT_FILE_H

#include <stddef.h>

#include "engine/status.h"

/* The whole file, NUL-terminated, into *text, which the caller frees. EDY_IO: cannot be opened or
 * read; EDY_LIMIT: larger than max_bytes. */
edy_status edy_text_file_read(const char *path, size_t max_bytes, char **text, edy_error *err);

#endif

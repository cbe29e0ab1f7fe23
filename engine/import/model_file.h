/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Reading a model file of any format. */
#ifndef EDY_MODEL_FILE_H
#define EDY_MODEL_FILE_H

#include <stddef.h>

#include "engine/import/limits.h"
#include "engine/status.h"

/* The whole file into *bytes (the caller frees it). The size is checked before anything is read:
 * EDY_LIMIT over limits->model_bytes, EDY_IO where it is no regular file or cannot be read,
 * EDY_BAD_FILE where it is empty. Messages do not name the file. */
edy_status edy_model_file_read(const char *path, const edy_limits *limits, uint8_t **bytes,
                               size_t *size, edy_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* NumPy's .npy files, versions 1 and 2 of the format: one array, little-endian, in C order. */
#ifndef EDY_NPY_H
#define EDY_NPY_H

#include "engine/import/onnx_tensor_file.h"

/* Types f4, f8, u1, i1, i4, i8. Within limits->tensor_bytes (NULL: the default ones). EDY_IO,
 * EDY_BAD_FILE, EDY_UNSUPPORTED (another type or order), EDY_LIMIT; every message begins with the
 * path. The tensor is freed by edy_file_tensor_free. */
edy_status edy_npy_read(const char *path, const edy_limits *limits, edy_file_tensor *tensor,
                        edy_error *err);

#endif

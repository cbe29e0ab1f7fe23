/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A file that holds one TensorProto: the inputs and outputs in ONNX's test_data_set_N folders. */
#ifndef EDY_ONNX_TENSOR_FILE_H
#define EDY_ONNX_TENSOR_FILE_H

#include "engine/import/onnx_import.h"
#include "engine/tensor.h"

typedef struct edy_file_tensor {
    edy_dtype dtype;
    edy_shape shape;
    void *data; /* row-major; freed by edy_file_tensor_free */
} edy_file_tensor;

/* Within limits->tensor_bytes (limits NULL: the default ones). float64 becomes float32; NaN and
 * infinities pass. EDY_IO, EDY_BAD_FILE, EDY_UNSUPPORTED (a type or storage that edyno does not
 * read) and EDY_LIMIT; every message begins with the path. */
edy_status edy_onnx_tensor_read(const char *path, const edy_limits *limits, edy_file_tensor *tensor,
                                edy_error *err);
void edy_file_tensor_free(edy_file_tensor *tensor); /* all-zero is allowed */

#endif

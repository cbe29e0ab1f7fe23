/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Writing one tensor as a file: ONNX's TensorProto, as test_data_set_N folders hold them. */
#ifndef EDY_TENSOR_PB_H
#define EDY_TENSOR_PB_H

#include "engine/status.h"
#include "engine/tensor.h"

/* data: row-major, of dtype F32, F64, U8, S8, S32 or S64. The file is there whole or not at all. */
edy_status edy_tensor_pb_write(const char *path, edy_dtype dtype, const edy_shape *shape,
                               const void *data, edy_error *err);

#endif

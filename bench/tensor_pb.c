/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/tensor_pb.h"

#include <assert.h>
#include <stdlib.h>

#include "engine/file_write.h"
#include "onnx/onnx.pb-c.h"

static int32_t onnx_type(edy_dtype dtype) {
    switch (dtype) {
    case EDY_F32:
        return ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    case EDY_F64:
        return ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE;
    case EDY_U8:
        return ONNX__TENSOR_PROTO__DATA_TYPE__UINT8;
    case EDY_S8:
        return ONNX__TENSOR_PROTO__DATA_TYPE__INT8;
    case EDY_S32:
        return ONNX__TENSOR_PROTO__DATA_TYPE__INT32;
    case EDY_S64:
        return ONNX__TENSOR_PROTO__DATA_TYPE__INT64;
    default:
        return ONNX__TENSOR_PROTO__DATA_TYPE__UNDEFINED;
    }
}

edy_status edy_tensor_pb_write(const char *path, edy_dtype dtype, const edy_shape *shape,
                               const void *data, edy_error *err) {
    Onnx__TensorProto t = ONNX__TENSOR_PROTO__INIT;
    edy_error inner;
    t.dims = (int64_t *)(uintptr_t)shape->dim; /* packing only reads */
    t.n_dims = (size_t)shape->rank;
    t.has_data_type = 1;
    t.data_type = onnx_type(dtype);
    assert(t.data_type != ONNX__TENSOR_PROTO__DATA_TYPE__UNDEFINED);
    t.has_raw_data = 1;
    t.raw_data.len = edy_shape_count(shape) * edy_dtype_bytes(dtype);
    t.raw_data.data = (uint8_t *)(uintptr_t)data;
    const size_t size = onnx__tensor_proto__get_packed_size(&t);
    uint8_t *bytes = malloc(size ? size : 1);
    if (!bytes)
        return edy_fail(err, EDY_NO_MEMORY, "%.200s: no memory for %zu bytes", path, size);
    onnx__tensor_proto__pack(&t, bytes);
    const edy_status st = edy_file_replace(path, bytes, size, &inner);
    free(bytes);
    return st ? edy_fail(err, st, "%.200s: %s", path, inner.message) : EDY_OK;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/import/onnx_tensor_file.h"

#include <stdlib.h>
#include <string.h>

#include "engine/import/model_file.h"
#include "engine/import/onnx_read.h"
#include "engine/import/onnx_tensor.h"

/* The tensor becomes the only value of a graph, so that it is read and checked as constants are. */
static edy_status convert(const char *path, const edy_limits *limits,
                          const Onnx__TensorProto *proto, edy_file_tensor *tensor, edy_error *err) {
    edy_onnx_context c = {.file = path, .limits = limits, .err = err};
    edy_value_id id = EDY_NO_VALUE;
    edy_status status = edy_graph_create(&c.graph, err);
    if (!status)
        status =
            edy_onnx_tensor(&c, proto, proto->name && proto->name[0] ? proto->name : "data", &id);
    if (!status) {
        const edy_value *v = &c.graph->value[id];
        const size_t bytes = edy_shape_count(&v->shape) * edy_dtype_bytes(v->dtype);
        *tensor = (edy_file_tensor){v->dtype, v->shape, malloc(bytes ? bytes : 1)};
        if (tensor->data)
            memcpy(tensor->data, v->data, bytes);
        else
            status = edy_fail(err, EDY_NO_MEMORY, "%s: no memory for %zu bytes", path, bytes);
    }
    edy_graph_destroy(c.graph);
    return status;
}

edy_status edy_onnx_tensor_read(const char *path, const edy_limits *limits, edy_file_tensor *tensor,
                                edy_error *err) {
    *tensor = (edy_file_tensor){.dtype = EDY_NONE};
    const edy_limits defaults = edy_limits_default();
    limits = limits ? limits : &defaults;
    const uint64_t header_bytes = 1 << 20; /* name, dims, doc string */
    edy_limits file_limits = *limits;
    file_limits.model_bytes = limits->tensor_bytes + header_bytes;
    uint8_t *bytes = NULL;
    size_t size = 0;
    edy_error inner;
    edy_status status = edy_model_file_read(path, &file_limits, &bytes, &size, &inner);
    Onnx__TensorProto *proto = NULL;
    if (!status)
        status = edy_onnx_unpack_tensor(bytes, size, &proto, &inner);
    free(bytes);
    if (status)
        return edy_fail(err, status, "%s: %s", path, inner.message);
    status = convert(path, limits, proto, tensor, err);
    onnx__tensor_proto__free_unpacked(proto, NULL);
    return status;
}

void edy_file_tensor_free(edy_file_tensor *tensor) {
    free(tensor->data);
    *tensor = (edy_file_tensor){.dtype = EDY_NONE};
}

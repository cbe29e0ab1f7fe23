/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/import/onnx_read.h"

#include <stdlib.h>
#include <string.h>

#include "engine/import/onnx_wire.h"

/* Counts what was ever asked for: protobuf-c's own frees during unpacking are small. */
static void *counted_alloc(void *data, size_t bytes) {
    edy_onnx_model *model = data;
    if (bytes > model->most_bytes - model->used_bytes) {
        model->used_bytes = model->most_bytes;
        return NULL;
    }
    model->used_bytes += bytes;
    return malloc(bytes);
}

static void counted_free(void *data, void *p) {
    (void)data;
    free(p);
}

static ProtobufCAllocator allocator_of(edy_onnx_model *model) {
    return (ProtobufCAllocator){counted_alloc, counted_free, model};
}

/* Checks, then unpacks a message of the type; NULL with *err filled. */
static ProtobufCMessage *unpack(const ProtobufCMessageDescriptor *type, const uint8_t *bytes,
                                size_t size, edy_onnx_model *model, edy_error *err) {
    const size_t slack = (size_t)256 << 20;
    *model = (edy_onnx_model){.most_bytes = size < SIZE_MAX / 8 ? 4 * size + slack : SIZE_MAX / 2};
    if (edy_wire_check(bytes, size, type, err))
        return NULL;
    ProtobufCAllocator allocator = allocator_of(model);
    ProtobufCMessage *message = protobuf_c_message_unpack(type, &allocator, size, bytes);
    if (!message && model->used_bytes == model->most_bytes)
        edy_fail(err, EDY_LIMIT, "needs more than %zu bytes to be unpacked", model->most_bytes);
    else if (!message)
        edy_fail(err, EDY_BAD_FILE, "is not an ONNX file or is damaged");
    return message;
}

edy_status edy_onnx_unpack(const uint8_t *bytes, size_t size, edy_onnx_model *model,
                           edy_error *err) {
    edy_error inner;
    ProtobufCMessage *message = unpack(&onnx__model_proto__descriptor, bytes, size, model, &inner);
    model->proto = (Onnx__ModelProto *)message;
    return message ? EDY_OK : edy_fail(err, inner.code, "%s", inner.message);
}

edy_status edy_onnx_unpack_tensor(const uint8_t *bytes, size_t size, Onnx__TensorProto **tensor,
                                  edy_error *err) {
    edy_onnx_model budget;
    edy_error inner;
    ProtobufCMessage *message =
        unpack(&onnx__tensor_proto__descriptor, bytes, size, &budget, &inner);
    *tensor = (Onnx__TensorProto *)message;
    return message ? EDY_OK : edy_fail(err, inner.code, "%s", inner.message);
}

void edy_onnx_model_free(edy_onnx_model *model) {
    if (!model->proto)
        return;
    ProtobufCAllocator allocator = allocator_of(model);
    onnx__model_proto__free_unpacked(model->proto, &allocator);
    model->proto = NULL;
}

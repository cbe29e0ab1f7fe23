/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/import/onnx_read.h"

#include <stdbool.h>
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

/* Unpacks a checked message of the type; NULL with *err filled. size: of the file it came from. */
static ProtobufCMessage *unpack(const ProtobufCMessageDescriptor *type, const uint8_t *bytes,
                                size_t count, size_t size, edy_onnx_model *model, edy_error *err) {
    const size_t slack = (size_t)256 << 20;
    model->most_bytes = size < SIZE_MAX / 8 ? 4 * size + slack : SIZE_MAX / 2;
    ProtobufCAllocator allocator = allocator_of(model);
    ProtobufCMessage *message = protobuf_c_message_unpack(type, &allocator, count, bytes);
    if (!message && model->used_bytes == model->most_bytes)
        edy_fail(err, EDY_LIMIT, "needs more than %zu bytes to be unpacked", model->most_bytes);
    else if (!message)
        edy_fail(err, EDY_BAD_FILE, "is not an ONNX file or is damaged");
    return message;
}

/* Large raw_data point into the file (attach) or nowhere: protobuf-c must not free them. */
static void set_payloads(edy_onnx_model *model, bool attach) {
    Onnx__GraphProto *graph = model->proto->graph;
    for (size_t i = 0; graph && i < graph->n_initializer; i++) {
        const edy_onnx_payload *p = &model->stripped.payload[i];
        if (!p->data)
            continue;
        Onnx__TensorProto *t = graph->initializer[i];
        t->has_raw_data = attach;
        t->raw_data.data = attach ? (uint8_t *)p->data : NULL; /* only read, see the header */
        t->raw_data.len = attach ? p->bytes : 0;
    }
}

edy_status edy_onnx_unpack(const uint8_t *bytes, size_t size, edy_onnx_model *model,
                           edy_error *err) {
    edy_error inner;
    *model = (edy_onnx_model){0};
    edy_status status = edy_wire_check(bytes, size, &onnx__model_proto__descriptor, &inner);
    if (!status)
        status = edy_onnx_strip(bytes, size, &model->stripped, &inner);
    if (status)
        return edy_fail(err, status, "%s", inner.message);
    model->proto = (Onnx__ModelProto *)unpack(&onnx__model_proto__descriptor, model->stripped.bytes,
                                              model->stripped.size, size, model, &inner);
    if (!model->proto) {
        edy_onnx_stripped_free(&model->stripped);
        return edy_fail(err, inner.code, "%s", inner.message);
    }
    set_payloads(model, true);
    return EDY_OK;
}

edy_status edy_onnx_unpack_tensor(const uint8_t *bytes, size_t size, Onnx__TensorProto **tensor,
                                  edy_error *err) {
    edy_onnx_model budget = {0};
    edy_error inner;
    *tensor = NULL;
    const edy_status status = edy_wire_check(bytes, size, &onnx__tensor_proto__descriptor, &inner);
    if (!status)
        *tensor = (Onnx__TensorProto *)unpack(&onnx__tensor_proto__descriptor, bytes, size, size,
                                              &budget, &inner);
    return *tensor ? EDY_OK : edy_fail(err, inner.code, "%s", inner.message);
}

void edy_onnx_align_payloads(edy_onnx_model *model) {
    for (size_t i = 0; i < model->stripped.initializers; i++) {
        edy_onnx_payload *p = &model->stripped.payload[i];
        const size_t over = (uintptr_t)p->data % 4;
        /* A payload's own header, of at least 3 bytes, makes room: the copy has its contents. */
        if (p->data && over)
            memmove((uint8_t *)p->data - over, p->data, p->bytes);
        p->data -= p->data ? over : 0;
    }
    set_payloads(model, true);
}

void edy_onnx_model_free(edy_onnx_model *model) {
    if (!model->proto)
        return;
    ProtobufCAllocator allocator = allocator_of(model);
    set_payloads(model, false);
    onnx__model_proto__free_unpacked(model->proto, &allocator);
    edy_onnx_stripped_free(&model->stripped);
    model->proto = NULL;
}

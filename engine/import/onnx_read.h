/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* From a file or a buffer to protobuf-c's structs, within limits. */
#ifndef EDY_ONNX_READ_H
#define EDY_ONNX_READ_H

#include <stdint.h>

#include "engine/import/onnx_import.h"
#include "engine/import/onnx_strip.h"
#include "onnx/onnx.pb-c.h"

/* A ModelProto and the accounting of the memory that it takes. */
typedef struct edy_onnx_model {
    Onnx__ModelProto *proto;
    size_t used_bytes, most_bytes;
    edy_onnx_stripped stripped; /* its payloads: initializers of which raw_data lies in the file */
} edy_onnx_model;

/* Checks the wire format, then unpacks into model->proto. What protobuf-c may allocate is bounded
 * by 4 * size + 256 MiB: it can need many times the file where a file consists of empty messages.
 * The model refers to bytes, which must outlive it, and must stay where it is until freed. */
edy_status edy_onnx_unpack(const uint8_t *bytes, size_t size, edy_onnx_model *model,
                           edy_error *err);
/* Moves each payload of the model down to an address that is a multiple of 4, over what stood
 * before it: only for bytes that may be written. They are no ModelProto after that. */
void edy_onnx_align_payloads(edy_onnx_model *model);
void edy_onnx_model_free(edy_onnx_model *model); /* proto NULL is allowed */

/* The same for a file that holds one TensorProto, as ONNX's test data do. The caller frees *tensor
 * with onnx__tensor_proto__free_unpacked(*tensor, NULL). */
edy_status edy_onnx_unpack_tensor(const uint8_t *bytes, size_t size, Onnx__TensorProto **tensor,
                                  edy_error *err);

#endif

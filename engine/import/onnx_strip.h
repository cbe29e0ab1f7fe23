/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A ModelProto without the large raw_data of its initializers: what protobuf-c unpacks, so that a
 * model's weights are not copied once more on their way from the file into the graph. */
#ifndef EDY_ONNX_STRIP_H
#define EDY_ONNX_STRIP_H

#include <stddef.h>
#include <stdint.h>

#include "engine/status.h"

typedef struct edy_onnx_payload {
    const uint8_t *data; /* into the file's bytes; NULL: it was left where it is */
    size_t bytes;
} edy_onnx_payload;

typedef struct edy_onnx_stripped {
    uint8_t *bytes; /* malloc'ed, as all here; edy_onnx_stripped_free */
    size_t size;
    edy_onnx_payload *payload; /* of each initializer of the graph, in order */
    size_t initializers;
} edy_onnx_stripped;

/* bytes: a ModelProto that passed edy_wire_check, where no field of one value stands twice. */
edy_status edy_onnx_strip(const uint8_t *bytes, size_t size, edy_onnx_stripped *out,
                          edy_error *err);
void edy_onnx_stripped_free(edy_onnx_stripped *s); /* all-zero is allowed */

#endif

/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* ONNX models made in memory, for tests. Built on protobuf-c and nothing of the importer or
 * exporter.
 *
 *     edy_ob *b = edy_ob_create(13);
 *     edy_ob_input(b, "x", EDY_F32, 4, (int64_t[]){EDY_OB_N, 3, 8, 8});
 *     edy_ob_f32(b, "w", 4, (int64_t[]){4, 3, 3, 3}, NULL);
 *     edy_ob_ints(b, edy_ob_node(b, "Conv", "c", "x w", "y"), "pads", 4, (int64_t[]){1, 1, 1, 1});
 *     edy_ob_output(b, "y", EDY_F32);
 *     edy_graph *g = edy_ob_import(b);
 *     edy_ob_destroy(b);
 */
#ifndef EDY_ONNX_BUILDER_H
#define EDY_ONNX_BUILDER_H

#include "engine/graph.h"
#include "onnx/onnx.pb-c.h"

typedef struct edy_ob {
    edy_region region; /* everything below; any field may be changed by hand before packing */
    Onnx__ModelProto model;
    Onnx__GraphProto graph;
    Onnx__OperatorSetIdProto opset, *opsets[1];
} edy_ob;

enum { EDY_OB_N = -1, EDY_OB_MOST = 256 }; /* the symbol "N"; most nodes, initializers, ports */

/* Aborts on no memory, as everything here does. */
edy_ob *edy_ob_create(int64_t opset);
void edy_ob_destroy(edy_ob *b);

void edy_ob_input(edy_ob *b, const char *name, edy_dtype dtype, int32_t rank, const int64_t *dims);
void edy_ob_output(edy_ob *b, const char *name, edy_dtype dtype); /* of unknown shape */

/* inputs and outputs: names with one space between; "-" is one left out. name "" is allowed. */
Onnx__NodeProto *edy_ob_node(edy_ob *b, const char *op, const char *name, const char *inputs,
                             const char *outputs);
void edy_ob_int(edy_ob *b, Onnx__NodeProto *node, const char *name, int64_t value);
void edy_ob_float(edy_ob *b, Onnx__NodeProto *node, const char *name, float value);
void edy_ob_ints(edy_ob *b, Onnx__NodeProto *node, const char *name, size_t n,
                 const int64_t *value);
void edy_ob_text(edy_ob *b, Onnx__NodeProto *node, const char *name, const char *value);
Onnx__AttributeProto *edy_ob_attribute(edy_ob *b, Onnx__NodeProto *node, const char *name,
                                       Onnx__AttributeProto__AttributeType type);

/* An initializer with raw_data, which is copied. NULL data: a small pattern that differs from
 * element to element. */
Onnx__TensorProto *edy_ob_tensor(edy_ob *b, const char *name, edy_dtype dtype, int32_t rank,
                                 const int64_t *dims, const void *data);
Onnx__TensorProto *edy_ob_f32(edy_ob *b, const char *name, int32_t rank, const int64_t *dims,
                              const float *data);
Onnx__TensorProto *edy_ob_s64(edy_ob *b, const char *name, int64_t n, const int64_t *data);

/* The model's bytes; free() them. */
uint8_t *edy_ob_pack(edy_ob *b, size_t *size);
/* Packs and imports as "test.onnx"; fails the cmocka test with the message where it does not
 * succeed. */
edy_graph *edy_ob_import(edy_ob *b);
/* Packs, imports and destroys b; fails the cmocka test unless the status is `code` and the message
 * begins with "test.onnx: " and holds `part`. */
void edy_ob_refused(edy_ob *b, edy_status code, const char *part);

/* A value by name; fails the test where there is none. */
const edy_value *edy_ob_value(const edy_graph *g, const char *name);

#endif

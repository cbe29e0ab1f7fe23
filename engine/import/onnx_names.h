/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Which name of an ONNX graph stands for what, and an order in which its nodes can run. */
#ifndef EDY_ONNX_NAMES_H
#define EDY_ONNX_NAMES_H

#include <stdbool.h>

#include "engine/graph.h"
#include "onnx/onnx.pb-c.h"

/* One name: an initializer, a graph input or a node's output. */
typedef struct edy_onnx_name {
    const char *text;                  /* belongs to the ModelProto */
    const Onnx__TensorProto *tensor;   /* initializer, or NULL */
    const Onnx__ValueInfoProto *input; /* graph input, or NULL; both: an input with a default */
    int32_t node, output;              /* node in the file and which of its outputs, or -1 */
    edy_value_id id;                   /* EDY_NO_VALUE until it is in the graph */
    bool finite;                       /* a constant that was searched for NaN and infinities */
    bool dequantized;                  /* a constant behind a DequantizeLinear */
} edy_onnx_name;

/* Sorted by text, so that a lookup is a binary search: no hash that a file could attack. */
typedef struct edy_onnx_names {
    edy_onnx_name *name;
    size_t count;
} edy_onnx_names;

/* Collects every name. EDY_BAD_FILE where one is defined twice, is empty or longer than 4,000
 * bytes. Messages do not name the file. */
edy_status edy_onnx_names_create(const Onnx__GraphProto *graph, edy_onnx_names *names,
                                 edy_error *err);
void edy_onnx_names_destroy(edy_onnx_names *names); /* of a zeroed struct too */
edy_onnx_name *edy_onnx_names_find(const edy_onnx_names *names, const char *text); /* or NULL */

/* order[0..n_node) gets node indices so that each node stands behind those it reads: the file's own
 * order where that is one already. EDY_BAD_FILE where a node reads a name that nothing defines or
 * where nodes form a cycle. */
edy_status edy_onnx_order(const Onnx__GraphProto *graph, const edy_onnx_names *names,
                          int32_t *order, edy_error *err);

#endif

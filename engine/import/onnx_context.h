/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* What the import functions of the operators share: the file, the graph in the making, the node at
 * hand, and how to read its inputs and make its results. */
#ifndef EDY_ONNX_CONTEXT_H
#define EDY_ONNX_CONTEXT_H

#include "engine/graph.h"
#include "engine/import/onnx_import.h"
#include "engine/import/onnx_names.h"

typedef struct edy_onnx_context {
    const char *file; /* for messages */
    const edy_limits *limits;
    const edy_import_options *options; /* never NULL */
    uint64_t folded_bytes;             /* constants made by folding so far */
    const Onnx__GraphProto *proto;
    const uint8_t *own; /* the file's bytes where the graph may keep them, else NULL */
    size_t own_bytes;
    bool keeps; /* it does: constants point into them */
    int64_t opset;
    edy_graph *graph;
    edy_onnx_names names;
    const Onnx__NodeProto *node; /* at hand */
    const char *node_name;       /* made up where the file has none; never NULL while node is set */
    edy_error *err;
    /* onnx_lift.h */
    edy_value_id *twin; /* [n_twins] */
    int32_t n_twins;
    bool lifting; /* the node in the making works on twins */
    /* Constants that hold the batch, or were computed from one that does. */
    bool *from_batch; /* [n_from_batch] */
    int32_t n_from_batch;
    bool keep; /* the node in the making is not to be folded: its shape follows the batch */
} edy_onnx_context;

/* "FILE: ..." and "FILE: Conv (node "c1"): ..."; return the code. */
edy_status edy_onnx_fail(edy_onnx_context *c, edy_status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
edy_status edy_onnx_node_fail(edy_onnx_context *c, edy_status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- Inputs of the node at hand; index from 0 -------------------------------------------------
 */

bool edy_onnx_has_input(const edy_onnx_context *c, size_t index);
/* Any value; a constant is put into the graph at its first use, and refused where it has a NaN or
 * an infinity. EDY_NO_VALUE where the input is left out. */
edy_status edy_onnx_input(edy_onnx_context *c, size_t index, edy_value_id *id);
/* The same without looking at the numbers: bounds may be infinite. */
edy_status edy_onnx_raw_input(edy_onnx_context *c, size_t index, edy_value_id *id);
/* The same where the operator can only work with a constant. */
edy_status edy_onnx_constant_input(edy_onnx_context *c, size_t index, edy_value_id *id);
/* The same for weights, which may also be a constant behind a DequantizeLinear. */
edy_status edy_onnx_weight_input(edy_onnx_context *c, size_t index, edy_value_id *id);
/* Whether input index is such a weight. */
edy_status edy_onnx_is_weight(edy_onnx_context *c, size_t index, bool *yes);
/* A constant int64 (or int32) list of at most max elements; *n is -1 where the input is left out.
 */
edy_status edy_onnx_ints_input(edy_onnx_context *c, size_t index, int64_t *out, int32_t max,
                               int32_t *n);
/* A constant of one element; any supported dtype but float64, as float. Infinities are allowed, NaN
 * is not. *value is left as it is where the input is left out. */
edy_status edy_onnx_scalar_input(edy_onnx_context *c, size_t index, float *value);

const edy_value *edy_onnx_value(const edy_onnx_context *c, edy_value_id id);

/* ---- Results ----------------------------------------------------------------------------------
 */

/* Inputs 0..n_inputs of the node at hand by edy_onnx_input. */
edy_status edy_onnx_inputs(edy_onnx_context *c, int32_t n_inputs, edy_value_id *input);
/* Appends a node named after the one at hand. *n points into the graph: it dies with the next node.
 */
edy_status edy_onnx_begin_with(edy_onnx_context *c, edy_op_kind op, const edy_value_id *input,
                               int32_t n_inputs, edy_node **n);
/* Both: the inputs are those of the file's node. */
edy_status edy_onnx_begin(edy_onnx_context *c, edy_op_kind op, int32_t n_inputs, edy_node **n);
/* Gives the last node an output named text, runs its shape rule, and checks the output's size.
 * Where the operator folds (edy_op.folds) and all inputs are constants, the node is evaluated and
 * removed: the output is a constant. */
edy_status edy_onnx_finish_as(edy_onnx_context *c, const char *text, edy_value_id *id);
/* The same for the output of the node at hand, which later nodes can then find. */
edy_status edy_onnx_finish(edy_onnx_context *c);
/* Appends a Reshape of `from` (target as in edy_node) with an output named text. */
edy_status edy_onnx_reshape(edy_onnx_context *c, edy_value_id from, const int64_t *target,
                            int32_t rank, const char *text, edy_value_id *to);
/* The same for its output number index (Split is one node of ours for each). */
edy_status edy_onnx_finish_output(edy_onnx_context *c, size_t index);
/* For a node of the file that becomes several: the last one of them makes the file's output, the
 * others a value with a name made up from it. */
edy_status edy_onnx_finish_part(edy_onnx_context *c, bool last, edy_value_id *id);
/* The table entry of output 0 of the node at hand. EDY_BAD_FILE where it has none. */
edy_status edy_onnx_output(edy_onnx_context *c, edy_onnx_name **name);
/* Makes the output of the node at hand stand for id (Identity). */
edy_status edy_onnx_alias(edy_onnx_context *c, edy_value_id id);
/* Removes the last node, whose inputs are constants: its output becomes a constant with the payload
 * data, which belongs to the graph's region. */
void edy_onnx_fold(edy_onnx_context *c, const void *data);
/* Makes the output of the node at hand a constant. */
edy_status edy_onnx_finish_constant(edy_onnx_context *c, edy_dtype dtype, const edy_shape *shape,
                                    const void *data);

/* Remembers that the constant id was computed from the batch; and whether it was. */
edy_status edy_onnx_mark_batch(edy_onnx_context *c, edy_value_id id);
bool edy_onnx_is_from_batch(const edy_onnx_context *c, edy_value_id id);

/* Rank, dims and bytes of a value against the limits. EDY_LIMIT; the message begins with the dims.
 */
edy_status edy_onnx_check_size(edy_onnx_context *c, const char *name, edy_dtype dtype,
                               const edy_shape *shape);

#endif

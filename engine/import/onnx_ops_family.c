/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Operators of one family: the node's kind is the family's, its `sub` comes from the name. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/import/onnx_attr.h"
#include "engine/import/onnx_lift.h"
#include "engine/import/onnx_ops.h"

#define EDY_SUB_NAME(name, text) text,
static const char *const unary_names[] = {EDY_UNARY_MAP(EDY_SUB_NAME)};
static const char *const binary_names[] = {EDY_BINARY_MAP(EDY_SUB_NAME)};
static const char *const reduce_names[] = {EDY_REDUCE_MAP(EDY_SUB_NAME)};
#undef EDY_SUB_NAME

/* Which of the family's names the node at hand has; the table of operators holds no other. */
static int32_t sub_of(const edy_onnx_context *c, const char *const *names, int32_t count) {
    for (int32_t i = 0; i < count; i++)
        if (strcmp(names[i], c->node->op_type) == 0)
            return i;
    return -1;
}

/* ---- One operand ----------------------------------------------------------------------------- */

/* Attributes alpha and beta (Selu: gamma) where they are not given. */
static void unary_defaults(edy_unary sub, float *alpha, float *beta) {
    *alpha = sub == EDY_UNARY_HARDSIGMOID ? 0.2f : sub == EDY_UNARY_SELU ? 1.67326319f : 1.0f;
    *beta = sub == EDY_UNARY_HARDSIGMOID ? 0.5f : sub == EDY_UNARY_SELU ? 1.05070102f : 1.0f;
}

edy_status edy_import_unary(edy_onnx_context *c) {
    const int32_t sub = sub_of(c, unary_names, EDY_UNARY_COUNT);
    float alpha, beta;
    unary_defaults((edy_unary)sub, &alpha, &beta);
    edy_status status = edy_onnx_attr_float(c, "alpha", alpha, &alpha);
    if (!status)
        status = edy_onnx_attr_float(c, sub == EDY_UNARY_SELU ? "gamma" : "beta", beta, &beta);
    edy_node *n;
    if (!status)
        status = edy_onnx_lift_begin_elementwise(c, EDY_OP_UNARY, 1, 1, &n);
    if (status)
        return status;
    n->sub = sub;
    n->alpha = alpha;
    n->beta = beta;
    return edy_onnx_lift_finish(c);
}

/* ---- Two operands, or more ------------------------------------------------------------------- */

/* Until opset 6 broadcasting had to be asked for, and `axis` could place the second operand: its
 * first dimension stands at that axis of the first operand, so it gets dimensions of 1 behind. */
static edy_status place_by_axis(edy_onnx_context *c, int64_t axis) {
    edy_value_id a, b;
    edy_status status = edy_onnx_attr_int(c, "axis", axis, &axis);
    if (!status)
        status = edy_onnx_input(c, 0, &a);
    if (!status)
        status = edy_onnx_input(c, 1, &b);
    if (status)
        return status;
    const int32_t rank = edy_onnx_value(c, a)->shape.rank;
    const edy_shape shape = edy_onnx_value(c, b)->shape;
    axis = axis < 0 ? axis + rank : axis;
    if (axis < 0 || axis + shape.rank > rank)
        return edy_onnx_node_fail(
            c, EDY_BAD_FILE, "attribute \"axis\" is %" PRId64 " for operands of rank %d and %d",
            axis, rank, shape.rank);
    int64_t target[EDY_MAX_RANK];
    int32_t n = 0;
    for (int32_t i = (int32_t)axis; i < rank; i++, n++)
        target[n] = n < shape.rank ? shape.dim[n] : 1;
    char name[256];
    snprintf(name, sizeof name, "%.200s/placed", c->node_name);
    edy_value_id placed;
    status = edy_onnx_reshape(c, b, target, n, name, &placed);
    edy_node *node;
    if (!status)
        status = edy_onnx_begin_with(c, EDY_OP_ADD, (edy_value_id[]){a, placed}, 2, &node);
    return status;
}

/* Whether it stands at an axis; *axis is the one that PRelu, which has no attribute, means: the
 * channels'. */
static edy_status is_placed(edy_onnx_context *c, bool *yes, int64_t *axis) {
    edy_value_id slope;
    *axis = strcmp(c->node->op_type, "PRelu") == 0;
    *yes = c->opset < 7 && (*axis || edy_onnx_has_attr(c, "axis"));
    const edy_status status = edy_onnx_input(c, 1, &slope);
    if (!status && *axis) /* one slope for all */
        *yes = *yes && edy_shape_count(&edy_onnx_value(c, slope)->shape) > 1 &&
               edy_onnx_value(c, slope)->shape.rank == 1;
    return status;
}

edy_status edy_import_pair(edy_onnx_context *c, edy_op_kind op, int32_t sub) {
    if (c->opset >= 7 && c->node->n_attribute)
        return edy_onnx_node_fail(c, EDY_UNSUPPORTED, "attribute \"%.60s\" is not supported",
                                  c->node->attribute[0]->name);
    edy_node *n;
    bool placed;
    int64_t axis;
    edy_status status = is_placed(c, &placed, &axis);
    if (!status)
        status = placed ? place_by_axis(c, axis) : edy_onnx_lift_begin_elementwise(c, op, 2, 2, &n);
    if (status)
        return status;
    n = &c->graph->node[c->graph->n_nodes - 1];
    n->op = op;
    n->sub = sub;
    return edy_onnx_lift_finish(c);
}

edy_status edy_import_binary(edy_onnx_context *c) {
    return edy_import_pair(c, EDY_OP_BINARY, sub_of(c, binary_names, EDY_BINARY_COUNT));
}

/* x, combined with input `index` by one node; the result, which is named after the output where it
 * is the last one, goes to *y. */
static edy_status combine(edy_onnx_context *c, edy_op_kind op, int32_t sub, edy_value_id x,
                          edy_value_id other, bool last, edy_value_id *y) {
    edy_node *n;
    const edy_status status = edy_onnx_begin_with(c, op, (edy_value_id[]){x, other}, 2, &n);
    if (status)
        return status;
    n->sub = sub;
    return edy_onnx_finish_part(c, last, y);
}

/* Min, Max, Sum and Mean of any number of operands, from the first on. */
edy_status edy_import_variadic(edy_onnx_context *c) {
    const int32_t sub = sub_of(c, binary_names, EDY_BINARY_COUNT);
    const bool mean = strcmp(c->node->op_type, "Mean") == 0;
    const size_t count = c->node->n_input;
    edy_value_id x, other;
    edy_status status = edy_onnx_input(c, 0, &x);
    if (status || count == 1)
        return status ? status : edy_onnx_alias(c, x);
    for (size_t i = 1; i < count && !status; i++) {
        if (!edy_onnx_has_input(c, i))
            return edy_onnx_node_fail(c, EDY_BAD_FILE, "input %zu is missing", i);
        status = edy_onnx_input(c, i, &other);
        if (!status)
            status = combine(c, sub < 0 ? EDY_OP_ADD : EDY_OP_BINARY, sub < 0 ? 0 : sub, x, other,
                             i + 1 == count && !mean, &x);
    }
    if (status || !mean)
        return status;
    const float divisor = (float)count;
    const edy_shape scalar = {.rank = 0};
    if (edy_graph_add_constant(c->graph, c->node_name, EDY_F32, &scalar, &divisor, &other, c->err))
        return edy_onnx_fail(c, EDY_NO_MEMORY, "no memory for the graph");
    return combine(c, EDY_OP_BINARY, EDY_BINARY_DIV, x, other, true, &x);
}

edy_status edy_import_where(edy_onnx_context *c) {
    edy_node *n;
    const edy_status status = edy_onnx_begin(c, EDY_OP_WHERE, 3, &n);
    return status ? status : edy_onnx_finish(c);
}

/* ---- Reductions ------------------------------------------------------------------------------ */

/* `axes` as bits: an attribute, or input 1 (ReduceSum from opset 13 on, the others from 18 on).
 * Without any, all; or none, where the node says so. */
static edy_status read_axes(edy_onnx_context *c, int32_t rank, uint32_t *set) {
    int64_t axes[EDY_MAX_RANK], noop;
    int32_t n;
    *set = 0;
    edy_status status = edy_onnx_attr_int_in(c, "noop_with_empty_axes", 0, 0, 1, &noop);
    if (!status)
        status = edy_onnx_attr_ints(c, "axes", axes, EDY_MAX_RANK, &n);
    if (!status && n < 0)
        status = edy_onnx_ints_input(c, 1, axes, EDY_MAX_RANK, &n);
    if (!status && n <= 0 && !noop)
        *set = (UINT32_C(1) << rank) - 1;
    for (int32_t i = 0; !status && i < n; i++) {
        const int64_t axis = axes[i] < 0 ? axes[i] + rank : axes[i];
        if (axis < 0 || axis >= rank)
            return edy_onnx_node_fail(c, EDY_BAD_FILE, "axis %" PRId64 " of an input of rank %d",
                                      axes[i], rank);
        *set |= UINT32_C(1) << axis;
    }
    return status;
}

/* The mean over the image is what GlobalAveragePool has kernels for. */
static edy_status import_image_mean(edy_onnx_context *c, edy_value_id x, bool keep) {
    edy_node *n;
    edy_value_id y;
    edy_status status = edy_onnx_begin_with(c, EDY_OP_GLOBALAVGPOOL, &x, 1, &n);
    if (!status)
        status = edy_onnx_finish_part(c, keep, &y);
    if (status || keep)
        return status;
    status = edy_onnx_begin_with(c, EDY_OP_RESHAPE, &y, 1, &n);
    if (status)
        return status;
    n->n_target = 2; /* both dimensions are copies */
    return edy_onnx_finish(c);
}

edy_status edy_import_reduce(edy_onnx_context *c) {
    const uint32_t image = 12; /* axes 2 and 3 */
    int64_t keep;
    edy_value_id x;
    uint32_t axes;
    edy_status status = edy_onnx_input(c, 0, &x);
    if (!status)
        status = edy_onnx_attr_int_in(c, "keepdims", 1, 0, 1, &keep);
    if (!status)
        status = read_axes(c, edy_onnx_value(c, x)->shape.rank, &axes);
    if (status)
        return status;
    const int32_t sub = sub_of(c, reduce_names, EDY_REDUCE_COUNT);
    const edy_value *v = edy_onnx_value(c, x);
    if (sub == EDY_REDUCE_MEAN && axes == image && v->shape.rank == 4 && v->dtype == EDY_F32 &&
        !v->data)
        return import_image_mean(c, x, keep);
    edy_node *n;
    status = edy_onnx_begin_with(c, EDY_OP_REDUCE, &x, 1, &n);
    if (status)
        return status;
    n->sub = sub;
    n->axes = axes;
    n->keep_dims = keep;
    return edy_onnx_finish(c);
}

edy_status edy_import_argmax(edy_onnx_context *c) {
    int64_t axis, keep, last;
    edy_node *n;
    edy_status status = edy_onnx_attr_int(c, "axis", 0, &axis);
    if (!status)
        status = edy_onnx_attr_int_in(c, "keepdims", 1, 0, 1, &keep);
    if (!status)
        status = edy_onnx_attr_int_in(c, "select_last_index", 0, 0, 1, &last);
    const bool least = strcmp(c->node->op_type, "ArgMin") == 0;
    if (!status)
        status = edy_onnx_begin(c, least ? EDY_OP_ARGMIN : EDY_OP_ARGMAX, 1, &n);
    if (status)
        return status;
    n->axis = axis;
    n->keep_dims = keep;
    n->last_index = last;
    return edy_onnx_finish(c);
}

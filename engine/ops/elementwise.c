/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/ops/elementwise.h"

#include <string.h>

#include "engine/ops/broadcast.h"
#include "engine/ops/integers.h"

/* Whether b, aligned at the end as numpy does, has x's extent or 1 along each axis. */
static bool broadcasts(const edy_shape *x, const edy_shape *b) {
    for (int32_t i = 0; i < b->rank && b->rank <= x->rank; i++)
        if (b->dim[i] != 1 && b->dim[i] != x->dim[x->rank - b->rank + i])
            return false;
    return b->rank <= x->rank;
}

/* A constant, or one under DequantizeLinear (as imported). */
static bool is_constant(const edy_graph *g, edy_value_id v) {
    if (g->value[v].data)
        return true;
    const int32_t p = edy_graph_producer(g, v);
    return p >= 0 && g->node[p].op == EDY_OP_DEQUANTIZE && g->value[g->node[p].input[0]].data;
}

edy_spread edy_spread_of(const edy_graph *g, const edy_node *n) {
    const edy_value *a = edy_node_in(g, n, 0), *b = edy_node_in(g, n, 1);
    if (edy_is_plain_integer(a))
        return EDY_SPREAD_BROADCAST;
    if (edy_shape_equal(&a->shape, &b->shape))
        return b->data || a->layout == b->layout ? EDY_SPREAD_SAME : EDY_SPREAD_BROADCAST;
    return b->data && broadcasts(&a->shape, &b->shape) ? EDY_SPREAD_AXES : EDY_SPREAD_BROADCAST;
}

static edy_status check_dtypes(const edy_value *a, const edy_value *b, const edy_value *y,
                               edy_error *err) {
    const bool known = a->dtype == EDY_F32 || edy_is_integer(a->dtype);
    if (a->dtype != b->dtype || !known)
        return edy_fail(err, EDY_UNSUPPORTED, "operands of dtype %s and %s",
                        edy_dtype_text(a->dtype), edy_dtype_text(b->dtype));
    const bool plain = a->quant.count == 0 && b->quant.count == 0;
    if (a->dtype == EDY_F32 || plain)
        return EDY_OK;
    if (a->dtype != EDY_S8 || a->quant.count != 1 || b->quant.count != 1 || y->quant.count != 1)
        return edy_fail(err, EDY_UNSUPPORTED, "integer operands that are not one scale a tensor");
    return EDY_OK;
}

edy_status edy_infer_pair(edy_graph *g, edy_node *n, edy_error *err) {
    edy_shape shape;
    edy_status status = edy_broadcast_shape(g, n, 2, &shape, err);
    if (status)
        return status;
    edy_value *y = edy_node_out(g, n, 0);
    status = check_dtypes(edy_node_in(g, n, 0), edy_node_in(g, n, 1), y, err);
    if (status)
        return status;
    if (is_constant(g, n->input[0]) && !is_constant(g, n->input[1])) { /* it stands second */
        const edy_value_id constant = n->input[0];
        n->input[0] = n->input[1];
        n->input[1] = constant;
    }
    y->shape = shape;
    y->dtype = edy_node_in(g, n, 0)->dtype;
    return EDY_OK;
}

/* Which element of the constant b belongs to element i of x's memory. */
static size_t spread_from(const edy_value *x, const edy_shape *b, size_t i) {
    static const int32_t nhwc[4] = {0, 2, 3, 1};
    size_t index[EDY_MAX_RANK], at = 0;
    for (int32_t k = x->shape.rank - 1; k >= 0; k--) {
        const int32_t axis = x->layout == EDY_LAYOUT_NHWC ? nhwc[k] : k;
        index[axis] = i % (size_t)x->shape.dim[axis];
        i /= (size_t)x->shape.dim[axis];
    }
    for (int32_t k = 0; k < b->rank; k++)
        at = at * (size_t)b->dim[k] + (b->dim[k] == 1 ? 0 : index[x->shape.rank - b->rank + k]);
    return at;
}

void *edy_spread_operand(edy_planner *p, const edy_node *n) {
    const edy_value *x = edy_node_in(p->graph, n, 0), *b = edy_node_in(p->graph, n, 1);
    const size_t count = edy_shape_count(&x->shape), bytes = edy_dtype_bytes(b->dtype);
    char *full = edy_planner_indirection(p, count * bytes);
    for (size_t i = 0; full && i < count; i++)
        memcpy(full + i * bytes, (const char *)b->data + spread_from(x, &b->shape, i) * bytes,
               bytes);
    return full;
}

float edy_unary_clamp(const edy_node *n, float x) {
    x = x < n->act_min ? n->act_min : x;
    return x > n->act_max ? n->act_max : x;
}

void edy_table_make(const edy_graph *g, const edy_node *n, int32_t input, edy_unary_fn f,
                    int8_t table[256]) {
    const edy_quant *x = &g->value[n->input[input]].quant, *y = &g->value[n->output[0]].quant;
    for (int q = -128; q < 128; q++) {
        const float v = f(n, edy_dequantize(q, x->scale[0], x->zero_point[0]));
        table[(uint8_t)q] = edy_onnx_quantize(v, y->scale[0], y->zero_point[0], -128, 127);
    }
}

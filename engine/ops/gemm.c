/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* y = alpha * x * B' + beta * C with a constant right side B; also MatMul with one. */
#include "engine/ops/op_table.h"

#include <inttypes.h>

#include "engine/ops/conv_plan.h"

static edy_status check_bias(const edy_value *b, int64_t nc, edy_error *err) {
    if (!b)
        return EDY_OK;
    bool row = b->shape.rank <= 2;
    for (int32_t i = 0; i + 1 < b->shape.rank; i++)
        row = row && b->shape.dim[i] == 1;
    const size_t count = edy_shape_count(&b->shape);
    if (!row || (count != 1 && count != (size_t)nc))
        return edy_fail(err, EDY_UNSUPPORTED,
                        "bias that is not one row of %" PRId64 " values or one value", nc);
    return EDY_OK;
}

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, EDY_IN_X), *w = edy_node_in(g, n, EDY_IN_W);
    const edy_value *b = edy_node_in(g, n, EDY_IN_BIAS);
    if (!x || !w)
        return edy_fail(err, EDY_BAD_FILE, "it needs two operands");
    if (n->trans_a)
        return edy_fail(err, EDY_UNSUPPORTED, "a transposed left side");
    if (x->shape.rank < 2 || w->shape.rank != 2)
        return edy_fail(err, EDY_UNSUPPORTED, "operands of rank %d and %d", x->shape.rank,
                        w->shape.rank);
    const int64_t k = x->shape.dim[x->shape.rank - 1];
    const int64_t wk = w->shape.dim[n->trans_b ? 1 : 0], nc = w->shape.dim[n->trans_b ? 0 : 1];
    if (k != wk)
        return edy_fail(err, EDY_BAD_FILE, "rows of %" PRId64 " against weights for %" PRId64, k,
                        wk);
    if (k < 1 || nc < 1)
        return edy_fail(err, EDY_BAD_FILE, "an empty operand");
    const edy_status status = check_bias(b, nc, err);
    if (status)
        return status;
    const bool integer = x->dtype == EDY_S8;
    if (!integer && (x->dtype != EDY_F32 || w->dtype != EDY_F32 || (b && b->dtype != EDY_F32)))
        return edy_fail(err, EDY_UNSUPPORTED, "operands of dtype %s and %s",
                        edy_dtype_text(x->dtype), edy_dtype_text(w->dtype));
    edy_value *y = edy_node_out(g, n, 0);
    if (integer &&
        (w->dtype != EDY_S8 || (b && b->dtype != EDY_S32) || x->quant.count != 1 ||
         (w->quant.count != 1 && w->quant.count != (uint32_t)nc) || y->quant.count != 1 ||
         n->alpha != 1.0f || n->beta != 1.0f || (b && edy_shape_count(&b->shape) != (size_t)nc)))
        return edy_fail(err, EDY_BAD_FILE, "integer operands lack their scales");
    y->shape = x->shape;
    y->shape.dim[x->shape.rank - 1] = nc;
    y->dtype = x->dtype;
    return EDY_OK;
}

static uint64_t macs(const edy_graph *g, const edy_node *n) {
    const edy_shape *x = &g->value[n->input[EDY_IN_X]].shape;
    const edy_shape *y = &g->value[n->output[0]].shape;
    return (uint64_t)edy_shape_count(y) * (uint64_t)x->dim[x->rank - 1];
}

static edy_status prepare(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_value *w = edy_node_in(p->graph, step->node, EDY_IN_W);
    const edy_value *b = edy_node_in(p->graph, step->node, EDY_IN_BIAS);
    if (!w->data || (b && !b->data))
        return edy_fail(err, EDY_UNSUPPORTED, "a right side that is computed, not constant");
    return w->dtype == EDY_S8 ? edy_prepare_dense_s8(p, step, err)
                              : edy_prepare_dense_f32(p, step, err);
}

const edy_op edy_op_gemm = {.infer = infer, .macs = macs, .prepare = prepare};

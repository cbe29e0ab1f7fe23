/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* ConvTranspose as imported, 2-D: weights [C][M/groups][kH][kW]. Only a shape rule: the pass
 * lower_transposed makes it a CONV. */
#include "engine/ops/op_table.h"

#include <inttypes.h>

edy_status edy_check_transposed(const edy_value *x, const edy_value *w, const edy_value *b,
                                int64_t groups, edy_error *err) {
    const int64_t channels = x->shape.dim[1];
    if (x->dtype != EDY_F32 || w->dtype != EDY_F32 || (b && b->dtype != EDY_F32))
        return edy_fail(err, EDY_UNSUPPORTED, "operands of dtype %s and %s",
                        edy_dtype_text(x->dtype), edy_dtype_text(w->dtype));
    if (groups < 1 || channels < 1 || channels % groups != 0 || w->shape.dim[0] != channels ||
        w->shape.dim[1] < 1)
        return edy_fail(err, EDY_BAD_FILE,
                        "weights for %" PRId64 " of %" PRId64 " input channels in %" PRId64
                        " groups",
                        w->shape.dim[0], channels, groups);
    if (w->shape.dim[1] > INT32_MAX / groups)
        return edy_fail(err, EDY_LIMIT, "too many output channels");
    if (b && (b->shape.rank != 1 || b->shape.dim[0] != w->shape.dim[1] * groups))
        return edy_fail(err, EDY_BAD_FILE, "bias is not one value for each of %" PRId64 " channels",
                        w->shape.dim[1] * groups);
    return EDY_OK;
}

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, EDY_IN_X), *w = edy_node_in(g, n, EDY_IN_W);
    if (!x || !w)
        return edy_fail(err, EDY_BAD_FILE, "it needs an input and weights");
    if (x->shape.rank != 4 || w->shape.rank != 4)
        return edy_fail(err, EDY_UNSUPPORTED, "input of rank %d with weights of rank %d, not 4",
                        x->shape.rank, w->shape.rank);
    edy_status status =
        edy_check_transposed(x, w, edy_node_in(g, n, EDY_IN_BIAS), n->window.groups, err);
    if (status)
        return status;
    n->window.kernel[0] = w->shape.dim[2];
    n->window.kernel[1] = w->shape.dim[3];
    int64_t h, v;
    status = edy_window_resolve(&n->window, x->shape.dim[2], x->shape.dim[3], &h, &v, err);
    if (status)
        return status;
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = edy_shape_make(
        4, (const int64_t[]){x->shape.dim[0], w->shape.dim[1] * n->window.groups, h, v});
    y->dtype = EDY_F32;
    return EDY_OK;
}

static uint64_t macs(const edy_graph *g, const edy_node *n) {
    const edy_shape *w = &g->value[n->input[EDY_IN_W]].shape;
    return (uint64_t)edy_shape_count(&g->value[n->input[EDY_IN_X]].shape) *
           (uint64_t)(w->dim[1] * w->dim[2] * w->dim[3]);
}

const edy_op edy_op_convtranspose = {.infer = infer, .macs = macs};

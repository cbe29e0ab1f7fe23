/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* QLinearConv as imported: inputs x, x_scale, x_zero_point, w, w_scale, w_zero_point, y_scale,
 * y_zero_point, [bias]. Only a shape rule: the pass lower_quantized makes it an integer Conv. */
#include "engine/ops/op_table.h"

#include <inttypes.h>

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0), *w = edy_node_in(g, n, 3);
    const edy_value *yz = edy_node_in(g, n, 7);
    for (int32_t i = 1; i < 8; i++)
        if (!edy_node_in(g, n, i) || !edy_node_in(g, n, i)->data)
            return edy_fail(err, EDY_UNSUPPORTED, "operand %d is not a constant", i);
    if (!x || x->shape.rank != 4 || w->shape.rank != 4)
        return edy_fail(err, EDY_UNSUPPORTED, "operands that have not 4 dimensions");
    if ((x->dtype != EDY_U8 && x->dtype != EDY_S8) || (w->dtype != EDY_U8 && w->dtype != EDY_S8) ||
        (yz->dtype != EDY_U8 && yz->dtype != EDY_S8))
        return edy_fail(err, EDY_BAD_FILE, "operands of dtype %s, %s and %s",
                        edy_dtype_text(x->dtype), edy_dtype_text(w->dtype),
                        edy_dtype_text(yz->dtype));
    const int64_t groups = n->window.groups;
    if (groups < 1 || x->shape.dim[1] % groups != 0 || w->shape.dim[0] < 1 ||
        w->shape.dim[0] % groups != 0 || w->shape.dim[1] != x->shape.dim[1] / groups)
        return edy_fail(err, EDY_BAD_FILE,
                        "weights for %" PRId64 " channels a group in %" PRId64
                        " groups, but the input has %" PRId64 " channels",
                        w->shape.dim[1], groups, x->shape.dim[1]);
    n->window.kernel[0] = w->shape.dim[2];
    n->window.kernel[1] = w->shape.dim[3];
    int64_t out_h, out_w;
    const edy_status status =
        edy_window_resolve(&n->window, x->shape.dim[2], x->shape.dim[3], &out_h, &out_w, err);
    if (status)
        return status;
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = edy_shape_make(4, (const int64_t[]){x->shape.dim[0], w->shape.dim[0], out_h, out_w});
    y->dtype = yz->dtype;
    return EDY_OK;
}

static uint64_t macs(const edy_graph *g, const edy_node *n) {
    const edy_shape *w = &g->value[n->input[3]].shape;
    return (uint64_t)edy_shape_count(&g->value[n->output[0]].shape) *
           (uint64_t)(w->dim[1] * w->dim[2] * w->dim[3]);
}

const edy_op edy_op_qlinearconv = {.infer = infer, .macs = macs};

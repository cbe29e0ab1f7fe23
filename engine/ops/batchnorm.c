/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Only a shape rule: the pass fold_batchnorm leaves none for a plan to run. */
#include "engine/ops/op_table.h"

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    if (!x || n->n_inputs < 5)
        return edy_fail(err, EDY_BAD_FILE, "it needs an input, scale, bias, mean and variance");
    if (x->shape.rank < 2 || x->dtype != EDY_F32)
        return edy_fail(err, EDY_UNSUPPORTED, "an input of rank %d and dtype %s", x->shape.rank,
                        edy_dtype_text(x->dtype));
    for (int32_t i = 1; i < 5; i++) {
        const edy_value *v = edy_node_in(g, n, i);
        if (!v || v->shape.rank != 1 || v->shape.dim[0] != x->shape.dim[1] || v->dtype != EDY_F32)
            return edy_fail(err, EDY_BAD_FILE, "parameter %d is not one float for each channel", i);
        if (!v->data)
            return edy_fail(err, EDY_UNSUPPORTED, "parameter %d is computed, not constant", i);
    }
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = x->shape;
    y->dtype = EDY_F32;
    return EDY_OK;
}

const edy_op edy_op_batchnorm = {.infer = infer};

/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Reshape, Flatten, Squeeze, Unsqueeze: the same bytes under another shape. */
#include "engine/ops/op_table.h"

#include <inttypes.h>

static edy_status infer(edy_graph *g, edy_node *n, edy_error *err) {
    const edy_value *x = edy_node_in(g, n, 0);
    if (!x)
        return edy_fail(err, EDY_BAD_FILE, "it needs an input");
    const int64_t total = (int64_t)edy_shape_count(&x->shape);
    edy_shape shape = {.rank = n->n_target};
    int32_t unknown = -1;
    int64_t known = 1;
    for (int32_t i = 0; i < n->n_target; i++) {
        int64_t d = n->target[i];
        if (d == 0 && i >= x->shape.rank)
            return edy_fail(err, EDY_BAD_FILE, "target copies dimension %d of a rank %d input", i,
                            x->shape.rank);
        d = d == 0 ? x->shape.dim[i] : d;
        if (d < -1 || (d == -1 && unknown >= 0))
            return edy_fail(err, EDY_BAD_FILE, "target dimension %d is %" PRId64, i, d);
        if (d == -1)
            unknown = i;
        else if (__builtin_mul_overflow(known, d, &known))
            return edy_fail(err, EDY_LIMIT, "target dimension %d is %" PRId64, i, d);
        shape.dim[i] = d;
    }
    if (unknown >= 0) {
        if (known == 0 || total % known != 0)
            return edy_fail(err, EDY_BAD_FILE, "%" PRId64 " elements do not fill rows of %" PRId64,
                            total, known);
        shape.dim[unknown] = total / known;
    } else if (known != total) {
        return edy_fail(err, EDY_BAD_FILE, "%" PRId64 " elements cannot become %" PRId64, total,
                        known);
    }
    edy_value *y = edy_node_out(g, n, 0);
    y->shape = shape;
    y->dtype = x->dtype;
    return EDY_OK;
}

const edy_op edy_op_reshape = {.infer = infer, .aliases_input = true, .folds = true};

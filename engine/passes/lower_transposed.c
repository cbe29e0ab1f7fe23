/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* ConvTranspose has weights [C][M/groups][kH][kW], a convolution [M][C/groups][kH][kW]. With them
 * in that order it is a convolution whose window reads other pixels (window_taps.h), so that
 * BatchNormalization and activations fold into it and every kernel for convolutions serves. */
#include "engine/passes/passes.h"
#include "engine/passes/rewrite.h"

static edy_status permute(edy_graph *g, edy_value_id weights, int64_t groups, edy_value_id *out,
                          edy_error *err) {
    const edy_value old = g->value[weights];
    const size_t per_group = (size_t)(old.shape.dim[0] / groups), m = (size_t)old.shape.dim[1];
    const size_t taps = (size_t)(old.shape.dim[2] * old.shape.dim[3]);
    const edy_shape shape =
        edy_shape_make(4, (const int64_t[]){(int64_t)m * groups, (int64_t)per_group,
                                            old.shape.dim[2], old.shape.dim[3]});
    void *data;
    const edy_status status =
        edy_new_constant(g, old.name, "_transposed", EDY_F32, &shape, out, &data, err);
    if (status)
        return status;
    const float *from = old.data;
    float *to = data;
    for (size_t c = 0; c < per_group * (size_t)groups; c++)
        for (size_t i = 0; i < m; i++)
            for (size_t t = 0; t < taps; t++)
                to[((c / per_group * m + i) * per_group + c % per_group) * taps + t] =
                    from[(c * m + i) * taps + t];
    return EDY_OK;
}

edy_status edy_pass_lower_transposed(edy_graph *g, edy_error *err) {
    for (int32_t i = 0; i < g->n_nodes; i++) {
        edy_node *n = &g->node[i];
        if (n->op != EDY_OP_CONVTRANSPOSE || !g->value[n->input[EDY_IN_W]].data)
            continue;
        edy_value_id w;
        const edy_status status = permute(g, n->input[EDY_IN_W], n->window.groups, &w, err);
        if (status)
            return status;
        n->op = EDY_OP_CONV;
        n->input[EDY_IN_W] = w;
    }
    return edy_graph_infer(g, err);
}

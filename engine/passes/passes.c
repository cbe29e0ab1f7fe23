/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/passes/passes.h"

/* The order matters: quantized groups are recognised as the model draws them, so they go first
 * (with their pads folded); batch norms fold while nothing else is fused into the layers before
 * them; a Relu after an Add is the Add's clamp before the Add becomes a Conv's residual; layout
 * comes when the operators that are left are known, and where memory is copied anyway, padding is
 * last. */
edy_status edy_passes_run(edy_graph *g, edy_error *err) {
    static edy_status (*const passes[])(edy_graph *, edy_error *) = {
        edy_pass_fold_pad,         edy_pass_lower_quantized, edy_pass_fold_pad,
        edy_pass_lower_transposed, edy_pass_fold_batchnorm,  edy_pass_fuse_activation,
        edy_pass_fuse_residual,    edy_pass_fuse_activation, edy_pass_pool_before_leaky,
        edy_pass_assign_layout,    edy_pass_pad_first_layer,
    };
    for (size_t i = 0; i < sizeof passes / sizeof passes[0]; i++) {
        const edy_status status = passes[i](g, err);
        if (status)
            return status;
    }
    return EDY_OK;
}

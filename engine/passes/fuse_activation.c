/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Relu and Clip become the clamp of the node that makes their input, if nobody else reads it.
 * Chains collapse from the front: Conv, Relu, Clip is one Conv. In the integer domain both sides
 * must have the same scale and zero point. */
#include <stdlib.h>

#include "engine/passes/passes.h"
#include "engine/passes/rewrite.h"

static bool has_clamp_of_its_own(edy_op_kind op) {
    switch (op) {
    case EDY_OP_CONV:
    case EDY_OP_CONV3D:
    case EDY_OP_GEMM:
    case EDY_OP_RELU:
    case EDY_OP_CLIP:
    case EDY_OP_ADD:
    case EDY_OP_MUL:
    case EDY_OP_MAXPOOL:
    case EDY_OP_AVGPOOL:
    case EDY_OP_GLOBALAVGPOOL:
        return true;
    default:
        return false;
    }
}

static bool same_domain(const edy_value *a, const edy_value *b) {
    if (a->dtype != b->dtype || a->quant.count != b->quant.count)
        return false;
    if (a->dtype == EDY_F32)
        return true;
    return a->quant.count == 1 && a->quant.scale[0] == b->quant.scale[0] &&
           a->quant.zero_point[0] == b->quant.zero_point[0];
}

/* The node that can take the clamp of act, or -1. */
static int32_t clampable(const edy_graph *g, const edy_node *act, const int32_t *uses) {
    const edy_value_id x = act->input[EDY_IN_X];
    const int32_t p = uses[x] == 1 ? edy_graph_producer(g, x) : -1;
    const bool fits = p >= 0 && has_clamp_of_its_own(g->node[p].op) &&
                      same_domain(&g->value[x], &g->value[act->output[0]]);
    return fits ? p : -1;
}

edy_status edy_pass_fuse_activation(edy_graph *g, edy_error *err) {
    int32_t *uses = edy_graph_use_counts(g);
    if (!uses)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the graph");
    for (int32_t i = 0; i < g->n_nodes; i++) {
        const edy_node *act = &g->node[i];
        if (act->op != EDY_OP_RELU && act->op != EDY_OP_CLIP)
            continue;
        const int32_t p = clampable(g, act, uses);
        if (p < 0)
            continue;
        edy_clamp_after(&g->node[p], act->act_min, act->act_max);
        edy_graph_set_output(g, p, act->output[0]);
        edy_graph_drop_node(g, i);
    }
    free(uses);
    edy_graph_compact(g);
    return edy_graph_infer(g, err);
}

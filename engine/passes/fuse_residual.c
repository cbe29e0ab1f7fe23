/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Conv then Add becomes a Conv that adds the other operand in its epilogue: after the last product,
 * before the clamp, with the same two float32 roundings as before, hence the same bits. */
#include <stdlib.h>

#include "engine/passes/passes.h"
#include "engine/passes/rewrite.h"

/* Index of the dense fp32 Conv that makes v for this Add alone and can still take a residual, or
 * -1. A depthwise Conv has no such epilogue; one with a clamp clamps before the Add. */
static int32_t fusable_conv(const edy_graph *g, edy_value_id v, const int32_t *uses) {
    const int32_t p = uses[v] == 1 ? edy_graph_producer(g, v) : -1;
    if (p < 0 || g->node[p].op != EDY_OP_CONV)
        return -1;
    const edy_node *conv = &g->node[p];
    const edy_value *x = &g->value[conv->input[EDY_IN_X]], *w = &g->value[conv->input[EDY_IN_W]];
    const bool depthwise =
        conv->window.groups == x->shape.dim[1] && w->shape.dim[0] == x->shape.dim[1];
    if (x->dtype != EDY_F32 || depthwise || edy_has_clamp(conv) ||
        edy_node_residual(conv) != EDY_NO_VALUE)
        return -1;
    return p;
}

/* Which of an Add's two operands is a Conv that can take the other one as residual; the later of
 * two, since then the other exists when it runs. -1: neither. */
static int32_t choose_operand(const edy_graph *g, const edy_node *add, const int32_t *uses) {
    const edy_value *a = &g->value[add->input[0]], *b = &g->value[add->input[1]];
    if (a->dtype != EDY_F32 || b->dtype != EDY_F32 || a->data || b->data ||
        !edy_shape_equal(&a->shape, &b->shape))
        return -1;
    const int32_t first = fusable_conv(g, add->input[0], uses);
    const int32_t second = fusable_conv(g, add->input[1], uses);
    if (first < 0 && second < 0)
        return -1;
    return second > first;
}

edy_status edy_pass_fuse_residual(edy_graph *g, edy_error *err) {
    int32_t *uses = edy_graph_use_counts(g);
    if (!uses)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the graph");
    for (int32_t i = 0; i < g->n_nodes; i++) {
        if (g->node[i].op != EDY_OP_ADD)
            continue;
        const edy_node add = g->node[i];
        const int32_t operand = choose_operand(g, &add, uses);
        if (operand < 0)
            continue;
        const edy_value_id residual = add.input[1 - operand];
        int32_t c = edy_graph_producer(g, add.input[operand]);
        if (edy_graph_producer(g, residual) >
            c) /* made later: the Add is this Conv's only reader */
            c = edy_move_node_down(g, c, i);
        edy_node *conv = &g->node[c];
        for (int32_t j = conv->n_inputs; j < EDY_IN_RESIDUAL; j++)
            conv->input[j] = EDY_NO_VALUE;
        conv->input[EDY_IN_RESIDUAL] = residual;
        conv->n_inputs = EDY_IN_RESIDUAL + 1;
        edy_clamp_after(conv, add.act_min, add.act_max);
        edy_graph_drop_node(g, i);
        edy_graph_set_output(g, c, add.output[0]);
    }
    free(uses);
    edy_graph_compact(g);
    return edy_graph_infer(g, err);
}

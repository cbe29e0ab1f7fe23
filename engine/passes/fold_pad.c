/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A Pad with zeros in front of a convolution is the convolution's own padding; an AveragePool takes
 * it where the padding counts in its mean. MaxPool never does: its padding is minus infinity. In
 * the integer domain the same holds, since real zero is the zero point there. */
#include "engine/passes/passes.h"
#include "engine/passes/rewrite.h"

/* Rank 4, not negative, nothing on batch and channels, real zero. */
static bool pads_image_with_zeros(const edy_graph *g, const edy_node *pad) {
    if (g->value[pad->input[0]].shape.rank != 4 || pad->pad_value != 0.0f ||
        pad->pad_mode != EDY_FILL_CONSTANT || edy_has_clamp(pad))
        return false;
    for (int i = 0; i < 8; i++)
        if (pad->pads[i] < 0 || (i % 4 < 2 && pad->pads[i] != 0))
            return false;
    const edy_quant *x = &g->value[pad->input[0]].quant, *y = &g->value[pad->output[0]].quant;
    return x->count == y->count && (x->count == 0 || (x->count == 1 && x->scale[0] == y->scale[0] &&
                                                      x->zero_point[0] == y->zero_point[0]));
}

static bool window_takes_pad(const edy_node *n) {
    const int64_t *own = n->window.pad;
    if (n->op == EDY_OP_CONV)
        return !n->window.transposed;
    if (n->op != EDY_OP_AVGPOOL || n->window.ceil_mode)
        return false;
    return n->window.count_include_pad || (own[0] | own[1] | own[2] | own[3]) == 0;
}

/* The window of n grows by the pad; its own auto_pad was resolved to explicit pads by the shape
 * rule. */
static void take_pad(edy_node *n, const edy_node *pad) {
    n->window.auto_pad = EDY_PAD_EXPLICIT;
    for (int i = 0; i < 2; i++) {
        n->window.pad[i] += pad->pads[2 + i];
        n->window.pad[2 + i] += pad->pads[6 + i];
    }
    if (n->op == EDY_OP_AVGPOOL)
        n->window.count_include_pad = true;
    n->input[EDY_IN_X] = pad->input[0];
}

edy_status edy_pass_fold_pad(edy_graph *g, edy_error *err) {
    for (int32_t i = 0; i < g->n_nodes; i++) {
        edy_node *n = &g->node[i];
        if (!window_takes_pad(n))
            continue;
        const int32_t p = edy_graph_producer(g, n->input[EDY_IN_X]);
        if (p < 0 || g->node[p].op != EDY_OP_PAD || !pads_image_with_zeros(g, &g->node[p]))
            continue;
        take_pad(n, &g->node[p]); /* the Pad stays for other readers, if there are any */
    }
    const edy_status status = edy_graph_remove_dead(g, err);
    return status ? status : edy_graph_infer(g, err);
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* A convolution of few input channels spends its time finding pixels. Where its padding lies in
 * memory around the image, one row of the window is one run of adjacent elements (NHWC), and the
 * kernel is called with that row as a single tap (conv_plan.h). So the padding becomes part of the
 * copy to NHWC where only this convolution reads it, and a Pad elsewhere. Same bits: the additions
 * and their order stay. */
#include "engine/passes/passes.h"
#include "engine/passes/rewrite.h"

enum { FEW_CHANNELS = 8 };

static bool wants_padding(const edy_graph *g, const edy_node *n) {
    if (n->op != EDY_OP_CONV || n->window.transposed)
        return false;
    const edy_value *x = &g->value[n->input[EDY_IN_X]];
    const int64_t *pad = n->window.pad;
    return !x->data && x->layout == EDY_LAYOUT_NHWC && x->shape.dim[1] < FEW_CHANNELS &&
           n->window.groups == 1 && n->window.kernel[1] > 1 && n->window.dilation[1] == 1 &&
           (pad[0] | pad[1] | pad[2] | pad[3]) != 0;
}

/* Adds a window's pads, top left bottom right, to those of a node over [N, C, H, W]. */
static void set_pads(edy_node *n, const int64_t pad[4]) {
    for (int32_t axis = 0; axis < 2; axis++) {
        n->pads[2 + axis] += pad[axis];
        n->pads[6 + axis] += pad[2 + axis];
    }
}

static void grow(edy_shape *shape, const int64_t pad[4]) {
    shape->dim[2] += pad[0] + pad[2];
    shape->dim[3] += pad[1] + pad[3];
}

static edy_status insert_pad(edy_graph *g, int32_t *at, edy_error *err) {
    const edy_value_id x = g->node[*at].input[EDY_IN_X];
    const edy_window window = g->node[*at].window; /* nodes move when one is made */
    const int64_t *pad = window.pad;
    edy_value_id padded;
    edy_status status = edy_new_value_like(g, x, "_padded", &padded, err);
    if (status)
        return status;
    grow(&g->value[padded].shape, pad);
    edy_node node;
    status = edy_new_node(g, EDY_OP_PAD, g->value[padded].name, x, padded, &node, err);
    if (status)
        return status;
    set_pads(&node, pad);
    status = edy_graph_insert_node(g, *at, &node, err);
    if (status)
        return status;
    ++*at;
    g->node[*at].input[EDY_IN_X] = padded;
    return EDY_OK;
}

edy_status edy_pass_pad_first_layer(edy_graph *g, edy_error *err) {
    for (int32_t i = 0; i < g->n_nodes; i++) {
        if (!wants_padding(g, &g->node[i]))
            continue;
        const edy_value_id x = g->node[i].input[EDY_IN_X];
        const int32_t copy = edy_only_source(g, x, EDY_OP_LAYOUT);
        if (copy >= 0) {
            set_pads(&g->node[copy], g->node[i].window.pad);
            grow(&g->value[x].shape, g->node[i].window.pad);
        } else {
            const edy_status status = insert_pad(g, &i, err);
            if (status)
                return status;
        }
        g->node[i].window.auto_pad = EDY_PAD_EXPLICIT;
        for (int32_t side = 0; side < 4; side++)
            g->node[i].window.pad[side] = 0;
    }
    return EDY_OK;
}

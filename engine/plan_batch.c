/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/plan_internal.h"

/* The images of a batch go through the whole network in groups, so that what one layer writes is
 * still in the cache when the next one reads it: a layer of all images at once would stream the
 * activations of most networks through memory. Groups depend on the shape only. */
enum { GROUP_BYTES = 64 * 1024 };

/* A constant that gives each image numbers of its own. */
static bool differs_by_image(const edy_value *v, int32_t rank) {
    return v->data && v->shape.rank == rank && rank > 0 && v->shape.dim[0] > 1;
}

/* Whether the node works on each image alone, given that all its tensors have the batch first. */
static bool keeps_images_apart(const edy_graph *g, const edy_node *n) {
    const edy_value *x = &g->value[n->input[0]];
    const int32_t rank = x->shape.rank;
    const int64_t axis = n->axis < 0 ? n->axis + rank : n->axis;
    switch (n->op) {
    case EDY_OP_TRANSPOSE:
        return n->n_perm > 0 && n->perm[0] == 0;
    case EDY_OP_SOFTMAX:
    case EDY_OP_LOGSOFTMAX:
    case EDY_OP_HARDMAX:
    case EDY_OP_CONCAT:
        return axis != 0;
    case EDY_OP_GEMM:
        return !n->trans_a;
    case EDY_OP_PAD:
        return n->pads[0] == 0 && n->pads[rank] == 0;
    case EDY_OP_ADD:
    case EDY_OP_MUL:
        return !differs_by_image(x, rank) &&
               !(n->n_inputs > 1 && differs_by_image(&g->value[n->input[1]], rank));
    case EDY_OP_RESIZE:
        return n->resize.coordinates != EDY_COORD_TF_CROP_AND_RESIZE;
    default:
        return true;
    }
}

static bool has_batch(const edy_value *v, int64_t batch) {
    return v->shape.rank > 0 && v->shape.dim[0] == batch;
}

static bool is_separable(const edy_graph *g, int64_t batch) {
    for (int32_t i = 0; i < g->n_inputs; i++)
        if (!has_batch(&g->value[g->input[i]], batch))
            return false;
    for (int32_t i = 0; i < g->n_outputs; i++)
        if (!has_batch(&g->value[g->output[i]], batch))
            return false;
    for (int32_t i = 0; i < g->n_nodes; i++) {
        const edy_node *n = &g->node[i];
        const edy_value *x = &g->value[n->input[0]];
        for (int32_t j = 0; j < n->n_outputs; j++) /* quantizers of constants have none */
            if (!x->data && !has_batch(&g->value[n->output[j]], batch))
                return false;
        if (!keeps_images_apart(g, n))
            return false;
    }
    return true;
}

/* Most bytes that one node reads and writes for one image. */
static size_t largest_step(const edy_graph *g, int64_t batch) {
    size_t most = 0;
    for (int32_t i = 0; i < g->n_nodes; i++) {
        const edy_node *n = &g->node[i];
        const edy_value *x = &g->value[n->input[0]], *y = &g->value[n->output[0]];
        const size_t bytes = edy_shape_count(&x->shape) * edy_dtype_bytes(x->dtype) +
                             edy_shape_count(&y->shape) * edy_dtype_bytes(y->dtype);
        most = bytes > most ? bytes : most;
    }
    return most / (size_t)batch;
}

int64_t edy_plan_group(const edy_graph *g, int64_t batch) {
    if (batch < 2 || !is_separable(g, batch))
        return batch;
    const size_t image = largest_step(g, batch);
    int64_t group = batch;
    while (group > 1 && (batch % group != 0 || (size_t)group * image > GROUP_BYTES))
        group--;
    return group;
}

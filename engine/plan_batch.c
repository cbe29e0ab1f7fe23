/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/plan_internal.h"

/* The images of a batch go through the whole network in groups, so that what one layer writes is
 * still in the cache when the next one reads it: a layer of all images at once would stream the
 * activations of most networks through memory. Groups depend on the shape only. */
enum { GROUP_BYTES = 64 * 1024 };

/* A constant, or one under DequantizeLinear. */
static bool is_constant(const edy_graph *g, edy_value_id v) {
    const int32_t p = edy_graph_producer(g, v);
    return g->value[v].data ||
           (p >= 0 && g->node[p].op == EDY_OP_DEQUANTIZE && g->value[g->node[p].input[0]].data);
}

/* Every operand is an activation with the batch first, or a constant that is alike for all
 * images. */
static bool operands_keep_apart(const edy_graph *g, const edy_node *n) {
    const edy_shape *y = &g->value[n->output[0]].shape;
    for (int32_t i = 0; i < n->n_inputs; i++) {
        const edy_value *v = &g->value[n->input[i]];
        const bool whole = v->shape.rank == y->rank && y->rank > 0;
        if (is_constant(g, n->input[i]) ? whole && v->shape.dim[0] > 1
                                        : !whole || v->shape.dim[0] != y->dim[0])
            return false;
    }
    return true;
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
    case EDY_OP_SLICE:
        return n->start[0] == 0 && n->stop[0] == INT64_MAX && n->step[0] == 1;
    case EDY_OP_TILE:
        return n->target[0] == 1;
    case EDY_OP_GATHER:
        return axis != 0 && is_constant(g, n->input[1]);
    case EDY_OP_REDUCE:
        return !(n->axes & 1);
    case EDY_OP_GEMM:
        return !n->trans_a;
    case EDY_OP_MAXPOOLINDICES: /* counts in the whole tensor */
    case EDY_OP_MATMULINTEGER:  /* batches may be spread, operands rows of zero points */
    case EDY_OP_QLINEARMATMUL:
    case EDY_OP_DYNAMICQUANTIZE: /* one range for all */
        return false;
    case EDY_OP_PAD:
        return n->pads[0] == 0 && n->pads[rank] == 0;
    case EDY_OP_ADD:
    case EDY_OP_MUL:
    case EDY_OP_BINARY:
    case EDY_OP_WHERE:
        return operands_keep_apart(g, n);
    case EDY_OP_RESIZE:
        return n->resize.coordinates != EDY_COORD_TF_CROP_AND_RESIZE;
    case EDY_OP_CONV:
    case EDY_OP_BATCHNORM:
    case EDY_OP_RELU:
    case EDY_OP_CLIP:
    case EDY_OP_LEAKYRELU:
    case EDY_OP_MAXPOOL:
    case EDY_OP_AVGPOOL:
    case EDY_OP_GLOBALAVGPOOL:
    case EDY_OP_RESHAPE:
    case EDY_OP_QUANTIZE:
    case EDY_OP_DEQUANTIZE:
    case EDY_OP_QLINEARCONV:
    case EDY_OP_LAYOUT:
    case EDY_OP_UNARY:
    case EDY_OP_CAST:
    case EDY_OP_LRN:
    case EDY_OP_INSTANCENORM:
    case EDY_OP_DEPTHTOSPACE:
    case EDY_OP_SPACETODEPTH:
        return true;
    default: /* not known to */
        return false;
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

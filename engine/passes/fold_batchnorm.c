/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* y = (x - mean) * g + beta with g = gamma / sqrt(var + eps) is linear, so a convolution or dense
 * layer in front absorbs it: w' = w * g and b' = (b - mean) * g + beta, for each output channel.
 * Everything is computed in double and rounded once. The old constants stay as they are: another
 * node may read them. */
#include <math.h>
#include <stdlib.h>

#include "engine/passes/passes.h"
#include "engine/passes/rewrite.h"

/* ONNX's order of inputs. */
enum { BN_X, BN_GAMMA, BN_BETA, BN_MEAN, BN_VAR, BN_INPUTS };

typedef struct affine {
    double *gain, *shift; /* y = x * gain[c] + shift[c]; one allocation, gain owns it */
    size_t channels;
} affine;

/* Fails where variance + epsilon is not positive: the result would be NaN. *found is false, and
 * nothing allocated, where a parameter is not constant. */
static edy_status read_affine(const edy_graph *g, const edy_node *bn, affine *out, bool *found,
                              edy_error *err) {
    *found = false;
    const edy_shape *shape = &g->value[bn->input[BN_X]].shape;
    if (bn->n_inputs < BN_INPUTS || bn->n_outputs != 1 || shape->rank < 2)
        return EDY_OK;
    const size_t channels = (size_t)shape->dim[1];
    const float *p[BN_INPUTS] = {NULL};
    for (int i = BN_GAMMA; i < BN_INPUTS; i++) {
        p[i] = edy_constant(g, bn->input[i], EDY_F32, channels);
        if (!p[i])
            return EDY_OK;
    }
    double *memory = calloc(2 * channels + 1, sizeof *memory);
    if (!memory)
        return edy_fail(err, EDY_NO_MEMORY, "no memory to fold \"%.80s\"", bn->name);
    *out = (affine){.gain = memory, .shift = memory + channels, .channels = channels};
    for (size_t c = 0; c < channels; c++) {
        const double variance = (double)p[BN_VAR][c] + (double)bn->epsilon;
        if (!(variance > 0.0)) {
            free(memory);
            return edy_fail(err, EDY_BAD_FILE,
                            "BatchNormalization (node \"%.80s\"): variance plus epsilon of channel "
                            "%zu is %g, not positive",
                            bn->name, c, variance);
        }
        out->gain[c] = (double)p[BN_GAMMA][c] / sqrt(variance);
        out->shift[c] = (double)p[BN_BETA][c] - (double)p[BN_MEAN][c] * out->gain[c];
    }
    *found = true;
    return EDY_OK;
}

static edy_status check_finite(const float *x, size_t n, const char *what, const edy_node *bn,
                               edy_error *err) {
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return edy_fail(err, EDY_BAD_FILE,
                            "BatchNormalization (node \"%.80s\"): folded %s %zu leaves float32",
                            bn->name, what, i);
    return EDY_OK;
}

/* Where a constant weight tensor keeps its output channels: element i belongs to channel
 * (i / stride) % channels. */
static size_t channel_stride(const edy_graph *g, const edy_node *n) {
    const edy_shape *w = &g->value[n->input[EDY_IN_W]].shape;
    if (n->op == EDY_OP_GEMM)
        return n->trans_b ? (size_t)w->dim[1] : 1;
    return (size_t)(w->dim[1] * w->dim[2] * w->dim[3]);
}

/* New weights and bias of node n, and nothing else. */
static edy_status fold_into(edy_graph *g, int32_t index, const affine *a, const edy_node *bn,
                            edy_error *err) {
    const edy_node n = g->node[index];
    const edy_value weights = g->value[n.input[EDY_IN_W]];
    const size_t elems = edy_shape_count(&weights.shape), stride = channel_stride(g, &n);
    const edy_value_id old_bias = edy_node_bias(&n);
    const float *bias = old_bias == EDY_NO_VALUE ? NULL : g->value[old_bias].data;
    const size_t bias_elems = bias ? edy_shape_count(&g->value[old_bias].shape) : 0;
    const double alpha = n.op == EDY_OP_GEMM ? (double)n.alpha : 1.0;
    const double beta = n.op == EDY_OP_GEMM ? (double)n.beta : 1.0;

    edy_value_id w_id, b_id;
    void *w_data, *b_data;
    edy_status status =
        edy_new_constant(g, weights.name, "_bn", EDY_F32, &weights.shape, &w_id, &w_data, err);
    const edy_shape bias_shape = edy_shape_make(1, (const int64_t[]){(int64_t)a->channels});
    if (!status)
        status = edy_new_constant(g, bn->name, "_bias", EDY_F32, &bias_shape, &b_id, &b_data, err);
    if (status)
        return status;
    float *w = w_data, *b = b_data;
    for (size_t i = 0; i < elems; i++)
        w[i] = (float)((double)((const float *)weights.data)[i] * alpha *
                       a->gain[i / stride % a->channels]);
    for (size_t c = 0; c < a->channels; c++) {
        const double b0 = bias ? (double)bias[bias_elems == 1 ? 0 : c] * beta : 0.0;
        b[c] = (float)(b0 * a->gain[c] + a->shift[c]);
    }
    status = check_finite(w, elems, "weight", bn, err);
    if (!status)
        status = check_finite(b, a->channels, "bias", bn, err);
    if (status)
        return status;
    edy_node *m = &g->node[index];
    m->input[EDY_IN_W] = w_id;
    m->input[EDY_IN_BIAS] = b_id;
    m->n_inputs = m->n_inputs > EDY_IN_BIAS ? m->n_inputs : EDY_IN_BIAS + 1;
    m->alpha = m->beta = 1.0f;
    return EDY_OK;
}

/* True where node n is linear with constant float parameters of that many output channels, and
 * nothing happens to its result before the batch norm. */
static bool can_absorb(const edy_graph *g, const edy_node *n, size_t channels) {
    if (edy_has_clamp(n) || edy_node_residual(n) != EDY_NO_VALUE)
        return false;
    const edy_value *w = &g->value[n->input[EDY_IN_W]];
    if (!w->data || w->dtype != EDY_F32 || w->shape.rank != (n->op == EDY_OP_GEMM ? 2 : 4))
        return false;
    const int64_t outputs = n->op == EDY_OP_GEMM && !n->trans_b ? w->shape.dim[1] : w->shape.dim[0];
    if (outputs != (int64_t)channels)
        return false;
    return edy_bias_is_row(g, n, EDY_F32, channels);
}

/* A batch norm without a layer to go into: a depthwise 1x1 convolution. */
static edy_status make_depthwise(edy_graph *g, int32_t index, const affine *a, edy_error *err) {
    const edy_node bn = g->node[index];
    const int64_t channels = (int64_t)a->channels;
    const edy_shape w_shape = edy_shape_make(4, (const int64_t[]){channels, 1, 1, 1});
    const edy_shape b_shape = edy_shape_make(1, &channels);
    edy_value_id w_id, b_id;
    void *w, *b;
    edy_status status = edy_new_constant(g, bn.name, "_weight", EDY_F32, &w_shape, &w_id, &w, err);
    if (!status)
        status = edy_new_constant(g, bn.name, "_bias", EDY_F32, &b_shape, &b_id, &b, err);
    if (status)
        return status;
    for (size_t c = 0; c < a->channels; c++) {
        ((float *)w)[c] = (float)a->gain[c];
        ((float *)b)[c] = (float)a->shift[c];
    }
    status = check_finite(w, a->channels, "weight", &bn, err);
    if (!status)
        status = check_finite(b, a->channels, "bias", &bn, err);
    if (status)
        return status;
    edy_node *n = &g->node[index];
    n->op = EDY_OP_CONV;
    n->window =
        (edy_window){.kernel = {1, 1}, .stride = {1, 1}, .dilation = {1, 1}, .groups = channels};
    n->input[EDY_IN_W] = w_id;
    n->input[EDY_IN_BIAS] = b_id;
    for (int i = EDY_IN_BIAS + 1; i < EDY_MAX_INPUTS; i++)
        n->input[i] = EDY_NO_VALUE;
    n->n_inputs = EDY_IN_BIAS + 1;
    return EDY_OK;
}

/* The same for a tensor that has not 4 dimensions: Mul and Add by one constant a channel, which
 * rounds twice. */
static edy_status make_mul_add(edy_graph *g, int32_t index, const affine *a, edy_error *err) {
    const edy_node bn = g->node[index];
    const edy_value_id x = bn.input[BN_X];
    edy_shape shape = {.rank = g->value[x].shape.rank - 1, .dim = {(int64_t)a->channels}};
    for (int32_t i = 1; i < shape.rank; i++)
        shape.dim[i] = 1;
    edy_value_id gain, shift, product;
    void *gain_data, *shift_data;
    edy_status status =
        edy_new_constant(g, bn.name, "_gain", EDY_F32, &shape, &gain, &gain_data, err);
    if (!status)
        status = edy_new_constant(g, bn.name, "_shift", EDY_F32, &shape, &shift, &shift_data, err);
    if (!status)
        status = edy_new_value_like(g, x, "_scaled", &product, err);
    edy_node mul;
    if (!status)
        status = edy_new_node(g, EDY_OP_MUL, bn.name, x, product, &mul, err);
    if (status)
        return status;
    for (size_t c = 0; c < a->channels; c++) {
        ((float *)gain_data)[c] = (float)a->gain[c];
        ((float *)shift_data)[c] = (float)a->shift[c];
    }
    status = check_finite(gain_data, a->channels, "weight", &bn, err);
    if (!status)
        status = check_finite(shift_data, a->channels, "bias", &bn, err);
    if (status)
        return status;
    mul.input[1] = gain;
    mul.n_inputs = 2;
    edy_node *add = &g->node[index];
    add->op = EDY_OP_ADD;
    add->input[0] = product;
    add->input[1] = shift;
    for (int32_t i = 2; i < EDY_MAX_INPUTS; i++)
        add->input[i] = EDY_NO_VALUE;
    add->n_inputs = 2;
    return edy_graph_insert_node(g, index, &mul, err);
}

/* The node of that kind that makes v for one reader alone, or -1. uses: [ids that were there when
 * the pass began]; later ones are constants. */
static int32_t only_source(const edy_graph *g, edy_value_id v, edy_op_kind op,
                           const int32_t *uses) {
    const int32_t p = edy_graph_producer(g, v);
    return p >= 0 && g->node[p].op == op && uses[v] == 1 ? p : -1;
}

/* Folds the batch norm at index; drops it where another node does its work. */
static edy_status fold_one(edy_graph *g, int32_t index, const int32_t *uses, edy_error *err) {
    const edy_node bn = g->node[index];
    affine a;
    bool found;
    edy_status status = read_affine(g, &bn, &a, &found, err);
    if (status || !found)
        return status;
    int32_t p = only_source(g, bn.input[BN_X], EDY_OP_CONV, uses);
    if (p < 0)
        p = only_source(g, bn.input[BN_X], EDY_OP_GEMM, uses);
    if (p >= 0 && can_absorb(g, &g->node[p], a.channels)) {
        status = fold_into(g, p, &a, &bn, err);
        if (!status) {
            g->node[p].output[0] = bn.output[0];
            edy_clamp_after(&g->node[p], bn.act_min, bn.act_max);
            edy_graph_drop_node(g, index);
        }
    } else if (g->value[bn.input[BN_X]].shape.rank == 4) {
        status = make_depthwise(g, index, &a, err);
    } else {
        status = make_mul_add(g, index, &a, err);
    }
    free(a.gain);
    return status;
}

edy_status edy_pass_fold_batchnorm(edy_graph *g, edy_error *err) {
    int32_t *uses = edy_graph_use_counts(g);
    if (!uses)
        return edy_fail(err, EDY_NO_MEMORY, "no memory to fold batch norms");
    edy_status status = EDY_OK;
    for (int32_t i = 0; i < g->n_nodes && !status; i++)
        if (g->node[i].op == EDY_OP_BATCHNORM)
            status = fold_one(g, i, uses, err);
    free(uses);
    edy_graph_compact(g);
    return status ? status : edy_graph_infer(g, err);
}

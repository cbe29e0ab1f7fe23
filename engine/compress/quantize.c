/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The prepared graph is written anew, node by node: what a node read it now reads through a
 * DequantizeLinear, and what it makes is quantized if everything that it reads was. */
#include "engine/compress/quantize.h"

#include <math.h>
#include <stdlib.h>

#include "engine/compress/qdq_writer.h"
#include "engine/passes/rewrite.h"

/* Gemm's alpha and beta into its constants. */
static edy_status scale_constant(edy_graph *g, edy_value_id *id, float factor, edy_error *err) {
    if (*id == EDY_NO_VALUE || factor == 1.0f || !g->value[*id].data)
        return EDY_OK;
    const edy_value old = g->value[*id];
    void *data;
    const edy_status status =
        edy_new_constant(g, old.name, "_scaled", EDY_F32, &old.shape, id, &data, err);
    const size_t n = edy_shape_count(&old.shape);
    for (size_t i = 0; !status && i < n; i++)
        ((float *)data)[i] = ((const float *)old.data)[i] * factor;
    return status;
}

static edy_status plain_gemms(edy_graph *g, edy_error *err) {
    for (int32_t i = 0; i < g->n_nodes; i++) {
        edy_node *n = &g->node[i];
        if (n->op != EDY_OP_GEMM)
            continue;
        edy_status status = scale_constant(g, &n->input[EDY_IN_W], n->alpha, err);
        if (!status && n->n_inputs > EDY_IN_BIAS)
            status = scale_constant(g, &n->input[EDY_IN_BIAS], n->beta, err);
        if (status)
            return status;
        n->alpha = n->beta = 1.0f;
    }
    return EDY_OK;
}

static bool is_layer(edy_op_kind op) {
    return op == EDY_OP_CONV || op == EDY_OP_GEMM;
}

static bool is_clamp(edy_op_kind op) {
    return op == EDY_OP_RELU || op == EDY_OP_CLIP;
}

/* The result has its input's scale: it is made of its input's values. */
static bool keeps_scale(edy_op_kind op) {
    return op == EDY_OP_MAXPOOL || op == EDY_OP_RESHAPE || op == EDY_OP_TRANSPOSE ||
           op == EDY_OP_SLICE;
}

static bool is_activation(const edy_qdq_writer *w, const edy_node *n, int32_t i) {
    if (n->input[i] == EDY_NO_VALUE)
        return false;
    return is_layer(n->op) ? i == EDY_IN_X : w->g->value[n->input[i]].data == NULL;
}

/* True where the node can be an integer node: of a kind that is, reading quantized tensors only. */
static bool is_quantizable(const edy_qdq_writer *w, const edy_node *n) {
    if (n->op == EDY_OP_SOFTMAX)
        return false;
    if (n->op == EDY_OP_GEMM && w->g->value[n->input[EDY_IN_X]].shape.rank != 2)
        return false;
    for (int32_t i = 0; i < n->n_inputs; i++)
        if (is_activation(w, n, i) && !w->quantized[n->input[i]])
            return false;
    return true;
}

/* Replaces what n reads by what holds its real numbers now. */
static edy_status read_real(edy_qdq_writer *w, edy_node *n, bool quantized, edy_error *err) {
    edy_status status = EDY_OK;
    if (quantized && is_layer(n->op))
        status = edy_qdq_layer_operands(w, n, err);
    for (int32_t i = 0; !status && i < n->n_inputs; i++) {
        const bool pair = n->op == EDY_OP_ADD || n->op == EDY_OP_MUL || n->op == EDY_OP_CONCAT;
        if (is_activation(w, n, i))
            n->input[i] = w->real[n->input[i]];
        else if (quantized && pair && n->input[i] != EDY_NO_VALUE)
            status = edy_qdq_operand(w, &n->input[i], err);
    }
    return status;
}

/* The only one of the old nodes that reads v, or -1 where it is not one, or v is an output. */
static int32_t only_reader(const edy_qdq_writer *w, edy_value_id v) {
    int32_t reader = -1, readers = edy_graph_is_output(w->g, v);
    for (int32_t i = 0; i < w->n_old; i++)
        for (int32_t j = 0; j < w->old[i].n_inputs; j++)
            if (w->old[i].input[j] == v) {
                reader = i;
                readers++;
            }
    return readers == 1 ? reader : -1;
}

/* The clamps that only this node feeds, one after the other: their composed bounds, and the last
 * one's output (or the node's own). */
static edy_value_id follow_clamps(const edy_qdq_writer *w, int32_t index, edy_node *bounds) {
    edy_value_id v = w->old[index].output[0];
    for (;;) {
        const int32_t reader = only_reader(w, v);
        if (reader < 0 || !is_clamp(w->old[reader].op))
            return v;
        edy_clamp_after(bounds, w->old[reader].act_min, w->old[reader].act_max);
        v = w->old[reader].output[0];
    }
}

/* Emits the clamps behind node index up to value end (or only ticks them off). */
static edy_status finish_clamps(edy_qdq_writer *w, int32_t index, edy_value_id end, bool drop,
                                edy_error *err) {
    edy_value_id v = w->old[index].output[0];
    for (int32_t i = index + 1; v != end && i < w->n_old; i++) {
        if (!is_clamp(w->old[i].op) || w->old[i].input[0] != v)
            continue;
        w->done[i] = true;
        v = w->old[i].output[0];
        const edy_status status = drop ? EDY_OK : edy_qdq_emit(w, &w->old[i], err);
        if (status)
            return status;
    }
    return EDY_OK;
}

static edy_status range_of(const edy_qdq_writer *w, edy_value_id v, edy_range *range,
                           edy_error *err) {
    *range = edy_calibration_range(w->calibration, v);
    if (range->low > range->high)
        return edy_fail(err, EDY_BAD_ARGUMENT, "the calibration has no range for \"%.80s\"",
                        w->g->value[v].name);
    return EDY_OK;
}

/* The tensor whose range the scale of v should span: v, or what a Concat that alone reads v makes:
 * all its inputs then have one scale, and it is a copy. */
static edy_value_id scale_source(const edy_qdq_writer *w, edy_value_id v) {
    for (;;) {
        const int32_t reader = only_reader(w, v);
        if (reader < 0 || w->old[reader].op != EDY_OP_CONCAT)
            return v;
        edy_node bounds = {.act_min = -INFINITY, .act_max = INFINITY};
        v = follow_clamps(w, reader, &bounds);
    }
}

/* Scale and zero point of v, which follows clamps with these bounds: the shared one only where it
 * implies them, too. */
static edy_status choose(const edy_qdq_writer *w, edy_value_id v, const edy_node *bounds,
                         edy_u8_choice *choice, edy_error *err) {
    edy_range range;
    edy_status status = range_of(w, scale_source(w, v), &range, err);
    if (status)
        return status;
    *choice = edy_choose_u8(range);
    if (edy_clamp_is_implied(*choice, bounds->act_min, bounds->act_max))
        return EDY_OK;
    status = range_of(w, v, &range, err);
    if (!status)
        *choice = edy_choose_u8(range);
    return status;
}

static edy_status write_node(edy_qdq_writer *w, int32_t index, edy_error *err) {
    edy_node n = w->old[index];
    const edy_value_id x = n.input[0];
    const bool quantized = is_quantizable(w, &n);
    edy_status status = read_real(w, &n, quantized, err);
    if (status || !quantized)
        return status ? status : edy_qdq_emit(w, &n, err);
    edy_node bounds = {.act_min = -INFINITY, .act_max = INFINITY};
    edy_value_id end = n.output[0];
    edy_u8_choice choice = w->choice[x];
    if (!keeps_scale(n.op)) {
        end = follow_clamps(w, index, &bounds);
        status = choose(w, end, &bounds, &choice, err);
    }
    const bool drop = edy_clamp_is_implied(choice, bounds.act_min, bounds.act_max);
    if (drop)
        n.output[0] = end;
    if (!status)
        status = edy_qdq_emit(w, &n, err);
    if (!status)
        status = finish_clamps(w, index, end, drop, err);
    return status ? status : edy_qdq_pair(w, end, choice, err);
}

static edy_status write_inputs(edy_qdq_writer *w, edy_error *err) {
    edy_status status = EDY_OK;
    for (int32_t i = 0; !status && i < w->g->n_inputs; i++) {
        edy_range range;
        status = range_of(w, w->g->input[i], &range, err);
        if (!status)
            status = edy_qdq_pair(w, w->g->input[i], edy_choose_u8(range), err);
    }
    return status;
}

static edy_status write_all(edy_qdq_writer *w, edy_error *err) {
    edy_graph *g = w->g;
    w->old = g->node;
    w->n_old = g->n_nodes;
    g->node = NULL;
    g->n_nodes = g->cap_nodes = 0;
    w->n_known = g->n_values;
    w->done = calloc((size_t)w->n_old + 1, sizeof *w->done);
    w->real = calloc((size_t)w->n_known + 1, sizeof *w->real);
    w->quantized = calloc((size_t)w->n_known + 1, sizeof *w->quantized);
    w->choice = calloc((size_t)w->n_known + 1, sizeof *w->choice);
    if (!w->done || !w->real || !w->quantized || !w->choice)
        return edy_fail(err, EDY_NO_MEMORY, "no memory to quantize");
    for (int32_t i = 0; i < w->n_known; i++)
        w->real[i] = i;
    edy_status status = write_inputs(w, err);
    for (int32_t i = 0; !status && i < w->n_old; i++)
        if (!w->done[i])
            status = write_node(w, i, err);
    return status ? status : edy_graph_infer(g, err);
}

edy_status edy_quantize(const edy_graph *fp32, const edy_calibration *calibration, edy_graph **qdq,
                        edy_error *err) {
    *qdq = NULL;
    edy_qdq_writer w = {.calibration = calibration};
    edy_status status = edy_calibration_prepare(fp32, &w.g, err);
    if (!status)
        status = plain_gemms(w.g, err);
    if (!status)
        status = write_all(&w, err);
    free(w.old);
    free(w.done);
    free(w.real);
    free(w.quantized);
    free(w.choice);
    if (status) {
        edy_graph_destroy(w.g);
        return status;
    }
    w.g->opset = 13;
    *qdq = w.g;
    return EDY_OK;
}

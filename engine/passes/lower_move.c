/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Quantizers past operators that only move data. DequantizeLinear, MaxPool, Conv is the same as
 * DequantizeLinear, MaxPool, QuantizeLinear, DequantizeLinear, Conv with one scale throughout: a
 * value of the grid quantizes to itself. Likewise Conv, MaxPool, QuantizeLinear is Conv,
 * QuantizeLinear, DequantizeLinear, MaxPool, QuantizeLinear: rounding is monotone. After that every
 * group stands between quantizers of its own. ONNX Runtime does the same (qdq_propagation.cc), so
 * Convs that become integer by it must do so here. */
#include <stdlib.h>
#include <string.h>

#include "engine/passes/lower.h"
#include "engine/passes/rewrite.h"

static bool moves_data(const edy_graph *g, const edy_node *n) {
    if (n->op == EDY_OP_MAXPOOL)
        return n->n_outputs == 1 && (g->opset == 0 || g->opset >= 12);
    return n->op == EDY_OP_RESHAPE || n->op == EDY_OP_TRANSPOSE || n->op == EDY_OP_SLICE;
}

/* A quantizer with one constant scale. */
static bool per_tensor(const edy_graph *g, const edy_node *n) {
    return n->n_inputs >= 2 && edy_constant(g, n->input[1], EDY_F32, 1) != NULL;
}

/* Inserts before node `at` a quantizer of that kind with the parameters of `like`; it reads x and
 * makes a new value of that dtype, whose id goes to *out. */
static edy_status insert_quantizer(edy_graph *g, int32_t at, edy_op_kind op, const edy_node *like,
                                   edy_value_id x, edy_dtype dtype, edy_value_id *out,
                                   edy_error *err) {
    edy_node made = *like;
    const char *suffix = op == EDY_OP_QUANTIZE ? "_q" : "_dq";
    const edy_status status = edy_new_value_like(g, x, suffix, out, err);
    if (status)
        return status;
    g->value[*out].dtype = dtype;
    made.op = op;
    made.name = g->value[*out].name;
    made.input[0] = x;
    made.output[0] = *out;
    return edy_graph_insert_node(g, at, &made, err);
}

/* Inserts QuantizeLinear and DequantizeLinear with the parameters of `like` at `at`, reading x;
 * dtype is that between them. The result goes to *out; nobody reads it yet. */
static edy_status insert_pair(edy_graph *g, int32_t at, const edy_node *like, edy_value_id x,
                              edy_dtype dtype, edy_value_id *out, edy_error *err) {
    edy_value_id q;
    edy_status status = insert_quantizer(g, at, EDY_OP_QUANTIZE, like, x, dtype, &q, err);
    if (!status)
        status = insert_quantizer(g, at + 1, EDY_OP_DEQUANTIZE, like, q, EDY_F32, out, err);
    return status;
}

static bool read_by_quantizer(const edy_graph *g, edy_value_id v) {
    for (int32_t i = 0; i < g->n_nodes; i++)
        if (g->node[i].op == EDY_OP_QUANTIZE && g->node[i].input[0] == v)
            return true;
    return false;
}

/* DequantizeLinear -> [i] -> others: a pair after node i. */
static edy_status move_forward(edy_graph *g, int32_t i, edy_error *err) {
    const edy_node n = g->node[i];
    const int32_t p = edy_graph_producer(g, n.input[0]);
    if (p < 0 || g->node[p].op != EDY_OP_DEQUANTIZE || !per_tensor(g, &g->node[p]) ||
        g->value[g->node[p].input[0]].data || edy_graph_is_output(g, n.output[0]) ||
        read_by_quantizer(g, n.output[0]))
        return EDY_OK;
    const edy_node dq = g->node[p];
    edy_value_id out;
    const edy_dtype dtype = g->value[dq.input[0]].dtype;
    const edy_status status = insert_pair(g, i + 1, &dq, n.output[0], dtype, &out, err);
    if (status)
        return status;
    for (int32_t k = i + 3; k < g->n_nodes; k++) /* behind the pair */
        for (int32_t j = 0; j < g->node[k].n_inputs; j++)
            if (g->node[k].input[j] == n.output[0])
                g->node[k].input[j] = out;
    return EDY_OK;
}

/* Whether the first node behind i that reads what i makes is a quantizer. Mostly it is the next
 * one, while edy_graph_consumer always looks at all nodes. */
static bool quantizer_follows(const edy_graph *g, int32_t i) {
    const edy_value_id v = g->node[i].output[0];
    for (int32_t k = i + 1; k < g->n_nodes; k++)
        for (int32_t j = 0; j < g->node[k].n_inputs; j++)
            if (g->node[k].input[j] == v)
                return g->node[k].op == EDY_OP_QUANTIZE;
    return false;
}

/* [i] -> QuantizeLinear, nobody else: a pair before node i, unless it reads a DequantizeLinear. */
static edy_status move_backward(edy_graph *g, int32_t i, edy_error *err) {
    const edy_node n = g->node[i];
    const int32_t reader = edy_graph_consumer(g, n.output[0]);
    if (reader < 0 || g->node[reader].op != EDY_OP_QUANTIZE || !per_tensor(g, &g->node[reader]))
        return EDY_OK;
    const int32_t p = edy_graph_producer(g, n.input[0]);
    if (p < 0 || g->node[p].op == EDY_OP_DEQUANTIZE || edy_graph_consumer_count(g, n.input[0]) != 1)
        return EDY_OK;
    const edy_node q = g->node[reader];
    edy_value_id out;
    const edy_dtype dtype = g->value[q.output[0]].dtype;
    const edy_status status = insert_pair(g, i, &q, n.input[0], dtype, &out, err);
    if (!status)
        g->node[i + 2].input[0] = out;
    return status;
}

static bool same_constant(const edy_graph *g, edy_value_id a, edy_value_id b) {
    if (a == b)
        return true;
    if (a == EDY_NO_VALUE || b == EDY_NO_VALUE)
        return false;
    const edy_value *u = &g->value[a], *v = &g->value[b];
    return u->data && v->data && u->dtype == v->dtype && edy_shape_equal(&u->shape, &v->shape) &&
           memcmp(u->data, v->data, edy_shape_count(&u->shape) * edy_dtype_bytes(u->dtype)) == 0;
}

static bool same_quantizers(const edy_graph *g, const edy_node *a, const edy_node *b) {
    bool same = a->input[0] == b->input[0] && a->n_inputs == b->n_inputs && a->axis == b->axis;
    for (int32_t j = 1; j < a->n_inputs && same; j++)
        same = same_constant(g, a->input[j], b->input[j]);
    return same;
}

/* For each QuantizeLinear the next one that reads the same value, -1 where there is none:
 * [n_nodes], to be freed; NULL on no memory. */
static int32_t *next_of_one_value(const edy_graph *g) {
    int32_t *next = malloc(((size_t)g->n_nodes + 1) * sizeof *next);
    int32_t *first = malloc(((size_t)g->n_values + 1) * sizeof *first);
    if (!next || !first) {
        free(next);
        free(first);
        return NULL;
    }
    memset(first, -1, (size_t)g->n_values * sizeof *first);
    for (int32_t i = g->n_nodes - 1; i >= 0; i--) {
        next[i] = -1;
        if (g->node[i].op != EDY_OP_QUANTIZE || g->node[i].n_inputs < 1)
            continue;
        next[i] = first[g->node[i].input[0]];
        first[g->node[i].input[0]] = i;
    }
    free(first);
    return next;
}

/* Two QuantizeLinear of one tensor with equal parameters are one. A merge may give others the same
 * input; those stay, as they did no harm before. */
static edy_status merge_equal_quantizers(edy_graph *g, edy_error *err) {
    int32_t *next = next_of_one_value(g);
    if (!next)
        return edy_fail(err, EDY_NO_MEMORY, "no memory to merge quantizers");
    for (int32_t i = 0; i < g->n_nodes; i++)
        for (int32_t k = next[i]; k >= 0 && g->node[i].n_outputs; k = next[k]) {
            const edy_node *a = &g->node[i], *b = &g->node[k];
            if (!b->n_outputs || !same_quantizers(g, a, b) || edy_graph_is_output(g, b->output[0]))
                continue;
            edy_graph_replace_uses(g, b->output[0], a->output[0]);
            edy_graph_drop_node(g, k);
        }
    free(next);
    edy_graph_compact(g);
    return EDY_OK;
}

edy_status edy_lower_move_quantizers(edy_graph *g, edy_error *err) {
    edy_status status = merge_equal_quantizers(g, err);
    for (int32_t i = 0; !status && i < g->n_nodes; i++)
        if (moves_data(g, &g->node[i]))
            status = move_forward(g, i, err);
    for (int32_t i = g->n_nodes - 1; !status && i >= 0; i--)
        if (moves_data(g, &g->node[i]) && quantizer_follows(g, i))
            status = move_backward(g, i, err);
    return status;
}

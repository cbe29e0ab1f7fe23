/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Quantizers past operators that only move data. DequantizeLinear, MaxPool, Conv is the same as
 * DequantizeLinear, MaxPool, QuantizeLinear, DequantizeLinear, Conv with one scale throughout: a
 * value of the grid quantizes to itself. Likewise Conv, MaxPool, QuantizeLinear is Conv,
 * QuantizeLinear, DequantizeLinear, MaxPool, QuantizeLinear: rounding is monotone. After that every
 * group stands between quantizers of its own. ONNX Runtime does the same (qdq_propagation.cc), so
 * Convs that become integer by it must do so here. */
#include <string.h>

#include "engine/passes/lower.h"
#include "engine/passes/rewrite.h"

static bool moves_data(const edy_graph *g, const edy_node *n) {
    if (n->op == EDY_OP_MAXPOOL)
        return n->n_outputs == 1 && (g->opset == 0 || g->opset >= 12);
    return n->op == EDY_OP_RESHAPE || n->op == EDY_OP_TRANSPOSE;
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

/* Two QuantizeLinear of one tensor with equal parameters are one. */
static void merge_equal_quantizers(edy_graph *g) {
    for (int32_t i = 0; i < g->n_nodes; i++)
        for (int32_t k = i + 1; g->node[i].op == EDY_OP_QUANTIZE && k < g->n_nodes; k++) {
            const edy_node *a = &g->node[i], *b = &g->node[k];
            if (a->op != EDY_OP_QUANTIZE || b->op != EDY_OP_QUANTIZE ||
                a->input[0] != b->input[0] || a->n_inputs != b->n_inputs || a->axis != b->axis ||
                edy_graph_is_output(g, b->output[0]))
                continue;
            bool same = true;
            for (int32_t j = 1; j < a->n_inputs; j++)
                same = same && same_constant(g, a->input[j], b->input[j]);
            if (!same)
                continue;
            edy_graph_replace_uses(g, b->output[0], a->output[0]);
            edy_graph_remove_node(g, k--);
        }
}

edy_status edy_lower_move_quantizers(edy_graph *g, edy_error *err) {
    edy_status status = EDY_OK;
    merge_equal_quantizers(g);
    for (int32_t i = 0; !status && i < g->n_nodes; i++)
        if (moves_data(g, &g->node[i]))
            status = move_forward(g, i, err);
    for (int32_t i = g->n_nodes - 1; !status && i >= 0; i--)
        if (moves_data(g, &g->node[i]))
            status = move_backward(g, i, err);
    return status;
}

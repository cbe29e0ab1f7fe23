/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/import/onnx_lift.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Twins and the Reshapes between them and their values are recognised by this end of their name. */
static const char SUFFIX[] = "/2d";

static edy_value_id twin_of(const edy_onnx_context *c, edy_value_id id) {
    return id != EDY_NO_VALUE && id < c->n_twins ? c->twin[id] : EDY_NO_VALUE;
}

static edy_status set_twin(edy_onnx_context *c, edy_value_id id, edy_value_id twin) {
    if (id >= c->n_twins) {
        const int32_t want = 2 * id + 64;
        edy_value_id *bigger = realloc(c->twin, (size_t)want * sizeof *bigger);
        if (!bigger)
            return edy_onnx_fail(c, EDY_NO_MEMORY, "no memory for the graph");
        for (int32_t i = c->n_twins; i < want; i++)
            bigger[i] = EDY_NO_VALUE;
        c->twin = bigger;
        c->n_twins = want;
    }
    c->twin[id] = twin;
    return EDY_OK;
}

static void twin_name(const char *name, char *text, size_t size) {
    snprintf(text, size, "%.*s%s", (int)(size - sizeof SUFFIX), name, SUFFIX);
}

/* The same payload under another shape: [a, b, l] as [a, b, 1, l], [b, l] as [b, 1, l]. */
static edy_status lift_constant(edy_onnx_context *c, edy_value_id id, edy_value_id *twin) {
    char name[256];
    twin_name(edy_onnx_value(c, id)->name, name, sizeof name);
    if (edy_graph_add_value(c->graph, name, edy_onnx_value(c, id)->dtype, twin, c->err))
        return edy_onnx_fail(c, EDY_NO_MEMORY, "no memory for the graph");
    const edy_value *from = edy_onnx_value(c, id);
    edy_value *to = &c->graph->value[*twin];
    to->data = from->data;
    to->shape_known = true;
    to->shape.rank = from->shape.rank + 1;
    const int32_t at = from->shape.rank - 1; /* of the new axis */
    for (int32_t i = 0; i < to->shape.rank; i++)
        to->shape.dim[i] = i < at ? from->shape.dim[i] : i == at ? 1 : from->shape.dim[i - 1];
    return EDY_OK;
}

/* The node that makes v, or -1. Here the importer has appended every node's output right after the
 * node, so that outputs increase: a file of many nodes costs no quadratic search. */
static int32_t producer(const edy_graph *g, edy_value_id v) {
    int32_t low = 0, high = g->n_nodes;
    while (low < high) {
        const int32_t middle = low + (high - low) / 2;
        if (g->node[middle].output[0] < v)
            low = middle + 1;
        else
            high = middle;
    }
    return low < g->n_nodes && g->node[low].output[0] == v ? low : -1;
}

/* The DequantizeLinear of a constant that makes v, or -1. */
static int32_t constant_dequantizer(const edy_graph *g, edy_value_id v) {
    const int32_t p = producer(g, v);
    return p >= 0 && g->node[p].op == EDY_OP_DEQUANTIZE && g->value[g->node[p].input[0]].data ? p
                                                                                              : -1;
}

/* A second DequantizeLinear, of the lifted constant: quantized weights of a 1-D convolution. */
static edy_status lift_dequantizer(edy_onnx_context *c, int32_t index, const char *name,
                                   edy_value_id *twin) {
    const edy_node dq = c->graph->node[index];
    edy_value_id input[3] = {dq.input[0], dq.input[1], dq.input[2]};
    edy_status status = lift_constant(c, dq.input[0], &input[0]);
    edy_node *n;
    if (!status)
        status = edy_onnx_begin_with(c, EDY_OP_DEQUANTIZE, input, 3, &n);
    if (status)
        return status;
    n->axis = dq.axis < 0 ? dq.axis + 3 : dq.axis;
    n->axis += n->axis == 2; /* the new axis stands before the last */
    return edy_onnx_finish_as(c, name, twin);
}

static edy_status lift(edy_onnx_context *c, edy_value_id id, edy_value_id *twin) {
    *twin = twin_of(c, id);
    if (*twin != EDY_NO_VALUE)
        return EDY_OK;
    char name[256];
    const int32_t dq = constant_dequantizer(c->graph, id);
    twin_name(edy_onnx_value(c, id)->name, name, sizeof name);
    const edy_status status =
        edy_onnx_value(c, id)->data ? lift_constant(c, id, twin)
        : dq >= 0                   ? lift_dequantizer(c, dq, name, twin)
                  : edy_onnx_reshape(c, id, (const int64_t[]){0, 0, 1, -1}, 4, name, twin);
    return status ? status : set_twin(c, id, *twin);
}

edy_status edy_onnx_lift_begin(edy_onnx_context *c, edy_op_kind op, int32_t n_inputs,
                               size_t weights, edy_node **n) {
    edy_value_id input[EDY_MAX_INPUTS];
    edy_status status = edy_onnx_inputs(c, n_inputs, input);
    if (status)
        return status;
    c->lifting = edy_onnx_value(c, input[0])->shape.rank == 3;
    if (c->lifting)
        status = lift(c, input[0], &input[0]);
    if (!status && c->lifting && weights && edy_onnx_value(c, input[weights])->shape.rank == 3)
        status = lift(c, input[weights], &input[weights]);
    return status ? status : edy_onnx_begin_with(c, op, input, n_inputs, n);
}

/* Operands of rank 3 become their twins; so do constants of rank 2, which stand for the last two
 * axes. */
static edy_status lift_operand(edy_onnx_context *c, edy_value_id *id) {
    const edy_value *v = edy_onnx_value(c, *id);
    if (v->shape.rank == 3 || (v->data && v->shape.rank == 2))
        return lift(c, *id, id);
    return EDY_OK;
}

edy_status edy_onnx_lift_begin_elementwise(edy_onnx_context *c, edy_op_kind op, int32_t n_inputs,
                                           int32_t n_operands, edy_node **n) {
    edy_value_id input[EDY_MAX_INPUTS];
    edy_status status = edy_onnx_inputs(c, n_inputs, input);
    if (status)
        return status;
    c->lifting = false;
    for (int32_t i = 0; i < n_operands; i++)
        c->lifting = c->lifting || (edy_onnx_value(c, input[i])->shape.rank == 3 &&
                                    twin_of(c, input[i]) != EDY_NO_VALUE);
    for (int32_t i = 0; c->lifting && i < n_operands && !status; i++)
        status = lift_operand(c, &input[i]);
    return status ? status : edy_onnx_begin_with(c, op, input, n_inputs, n);
}

edy_status edy_onnx_lift_finish(edy_onnx_context *c) {
    if (!c->lifting)
        return edy_onnx_finish(c);
    c->lifting = false;
    edy_onnx_name *out;
    edy_value_id twin;
    char name[256];
    edy_status status = edy_onnx_output(c, &out);
    if (status)
        return status;
    twin_name(out->text, name, sizeof name);
    status = edy_onnx_finish_as(c, name, &twin);
    if (!status)
        status = edy_onnx_reshape(c, twin, (const int64_t[]){0, 0, -1}, 3, out->text, &out->id);
    return status ? status : set_twin(c, out->id, twin);
}

static bool is_between_twins(const edy_onnx_context *c, const edy_node *n) {
    return n->op == EDY_OP_RESHAPE &&
           (twin_of(c, n->output[0]) == n->input[0] || twin_of(c, n->input[0]) == n->output[0]);
}

edy_status edy_onnx_lift_prune(edy_onnx_context *c) {
    edy_graph *g = c->graph;
    if (c->n_twins == 0)
        return EDY_OK;
    bool *used = calloc((size_t)g->n_values + 1, sizeof *used);
    if (!used)
        return edy_onnx_fail(c, EDY_NO_MEMORY, "no memory for the graph");
    for (int32_t i = 0; i < g->n_outputs; i++)
        used[g->output[i]] = true;
    int32_t to = g->n_nodes; /* the kept ones gather at the end, backwards */
    for (int32_t i = g->n_nodes - 1; i >= 0; i--) {
        const edy_node *n = &g->node[i];
        const bool had_twin =
            n->op == EDY_OP_DEQUANTIZE && twin_of(c, n->output[0]) != EDY_NO_VALUE;
        if ((is_between_twins(c, n) || had_twin) && !used[n->output[0]])
            continue;
        for (int32_t j = 0; j < n->n_inputs; j++)
            if (n->input[j] != EDY_NO_VALUE)
                used[n->input[j]] = true;
        g->node[--to] = *n;
    }
    g->n_nodes -= to;
    memmove(g->node, g->node + to, (size_t)g->n_nodes * sizeof *g->node);
    free(used);
    return EDY_OK;
}

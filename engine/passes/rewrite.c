/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/passes/rewrite.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 512 };

const void *edy_constant(const edy_graph *g, edy_value_id v, edy_dtype dtype, size_t elems) {
    if (v == EDY_NO_VALUE)
        return NULL;
    const edy_value *value = &g->value[v];
    if (!value->data || value->dtype != dtype || edy_shape_count(&value->shape) != elems)
        return NULL;
    return value->data;
}

int32_t edy_only_source(const edy_graph *g, edy_value_id v, edy_op_kind op) {
    const int32_t p = edy_graph_producer(g, v);
    if (p < 0 || g->node[p].op != op || edy_graph_consumer_count(g, v) != 1)
        return -1;
    return edy_graph_is_output(g, v) ? -1 : p;
}

bool edy_bias_is_row(const edy_graph *g, const edy_node *n, edy_dtype dtype, size_t channels) {
    const edy_value_id bias = edy_node_bias(n);
    if (bias == EDY_NO_VALUE || edy_constant(g, bias, dtype, 1))
        return true;
    if (!edy_constant(g, bias, dtype, channels))
        return false;
    const edy_shape *shape = &g->value[bias].shape;
    return shape->dim[shape->rank - 1] == (int64_t)channels;
}

static float clamp_bound(float bound, float low, float high) {
    const float raised = bound < low ? low : bound;
    return raised > high ? high : raised;
}

void edy_clamp_after(edy_node *n, float low, float high) {
    n->act_min = clamp_bound(n->act_min, low, high);
    n->act_max = clamp_bound(n->act_max, low, high);
}

static bool is_taken(const edy_graph *g, const char *base, const char *suffix, int32_t number,
                     char name[NAME_SIZE]) {
    if (number < 2)
        snprintf(name, NAME_SIZE, "%.400s%s", base, suffix);
    else
        snprintf(name, NAME_SIZE, "%.400s%s_%d", base, suffix, number);
    return edy_graph_has_name(g, name);
}

edy_status edy_add_named(edy_graph *g, const char *base, const char *suffix, edy_dtype dtype,
                         edy_value_id *out, edy_error *err) {
    char name[NAME_SIZE];
    int32_t taken = 0, is_free = 1; /* thousands may have one base: double, then halve */
    while (is_taken(g, base, suffix, is_free, name)) {
        taken = is_free;
        is_free *= 2;
    }
    while (is_free - taken > 1) {
        const int32_t middle = taken + (is_free - taken) / 2;
        if (is_taken(g, base, suffix, middle, name))
            taken = middle;
        else
            is_free = middle;
    }
    is_taken(g, base, suffix, is_free, name);
    return edy_graph_add_value(g, name, dtype, out, err);
}

edy_status edy_new_constant(edy_graph *g, const char *base, const char *suffix, edy_dtype dtype,
                            const edy_shape *shape, edy_value_id *out, void **data,
                            edy_error *err) {
    size_t elems = 0;
    edy_status status = edy_shape_elems(shape, &elems, err);
    if (status)
        return status;
    void *payload = edy_region_array(&g->region, elems, edy_dtype_bytes(dtype));
    if (!payload)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for a constant of \"%.80s\"", base);
    status = edy_add_named(g, base, suffix, dtype, out, err);
    if (status)
        return status;
    edy_value *v = &g->value[*out];
    v->shape = *shape;
    v->shape_known = true;
    v->data = payload;
    *data = payload;
    return EDY_OK;
}

edy_status edy_new_value_like(edy_graph *g, edy_value_id like, const char *suffix,
                              edy_value_id *out, edy_error *err) {
    const edy_value model = g->value[like];
    const edy_status status = edy_add_named(g, model.name, suffix, model.dtype, out, err);
    if (status)
        return status;
    edy_value *v = &g->value[*out];
    v->shape = model.shape;
    v->shape_known = model.shape_known;
    v->layout = model.layout;
    v->quant = model.quant;
    return EDY_OK;
}

edy_status edy_new_node(edy_graph *g, edy_op_kind op, const char *name, edy_value_id in,
                        edy_value_id out, edy_node *node, edy_error *err) {
    int32_t index;
    const edy_status status = edy_graph_add_node(g, op, name, &index, err);
    if (status)
        return status;
    *node = g->node[index];
    edy_graph_remove_node(g, index);
    node->n_inputs = node->n_outputs = 1;
    node->input[0] = in;
    node->output[0] = out;
    return EDY_OK;
}

int32_t edy_move_node_down(edy_graph *g, int32_t from, int32_t to) {
    assert(from >= 0 && from < to && to <= g->n_nodes);
    const edy_node moved = g->node[from];
    memmove(&g->node[from], &g->node[from + 1], (size_t)(to - from - 1) * sizeof moved);
    g->node[to - 1] = moved;
    return to - 1;
}

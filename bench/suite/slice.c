/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/suite/slice.h"

#include <stdlib.h>
#include <string.h>

/* What is being cut out. */
typedef struct cut {
    edy_graph *g;          /* becomes the slice */
    const edy_graph *from; /* lowered */
    bool *is_input;        /* [g->n_values] the slice begins here */
    bool *wanted;          /* [g->n_nodes] */
} cut;

static edy_status no_part(const char *why, edy_error *err) {
    return edy_fail(err, EDY_UNSUPPORTED, "the step is no part of the model alone: %s", why);
}

/* Values that only a pass made, by copies, stand for what was copied. */
static edy_value_id imported_value(const cut *c, edy_value_id id) {
    while (id >= c->g->n_values) {
        const int32_t maker = edy_graph_producer(c->from, id);
        if (maker < 0 || c->from->node[maker].n_inputs < 1)
            return EDY_NO_VALUE;
        id = c->from->node[maker].input[0];
    }
    return id;
}

/* A layer of integers that the model has as floats cannot be fed to it. */
static bool same_domain(const cut *c, edy_value_id id) {
    const edy_dtype a = c->g->value[id].dtype, b = c->from->value[id].dtype;
    return a == b || (a == EDY_U8 && b == EDY_S8 && c->from->value[id].quant.was_u8);
}

static edy_status begin_at_inputs(cut *c, const edy_node *step, edy_error *err) {
    for (int32_t i = 0; i < step->n_inputs; i++) {
        if (step->input[i] == EDY_NO_VALUE || c->from->value[step->input[i]].data)
            continue;
        const edy_value_id id = imported_value(c, step->input[i]);
        if (id == EDY_NO_VALUE)
            return no_part("a pass made its input", err);
        if (c->g->value[id].data)
            continue;
        if (!same_domain(c, id))
            return no_part("its input is of another type in the model", err);
        c->is_input[id] = true;
    }
    return EDY_OK;
}

/* Marks the nodes between the slice's inputs and its output. A stack, not recursion: graphs are
 * deep. */
static edy_status want_nodes(cut *c, edy_value_id output, edy_error *err) {
    edy_graph *g = c->g;
    int32_t *stack = malloc(((size_t)g->n_nodes + 1) * sizeof *stack);
    if (!stack)
        return edy_fail(err, EDY_NO_MEMORY, "out of memory for a slice");
    size_t n = 1;
    edy_status st = EDY_OK;
    stack[0] = edy_graph_producer(g, output);
    c->wanted[stack[0]] = true;
    while (n && !st) {
        const int32_t maker = stack[--n];
        for (int32_t i = 0; i < g->node[maker].n_inputs && !st; i++) {
            const edy_value_id id = g->node[maker].input[i];
            if (id == EDY_NO_VALUE || g->value[id].data || c->is_input[id])
                continue;
            const int32_t next = edy_graph_producer(g, id);
            if (next < 0)
                st = no_part("it reads an input of the model by another way", err);
            else if (!c->wanted[next]) {
                c->wanted[next] = true;
                stack[n++] = next;
            }
        }
    }
    free(stack);
    return st;
}

static edy_status set_ports(cut *c, edy_value_id output, edy_error *err) {
    edy_graph *g = c->g;
    int32_t n = 0;
    for (int32_t i = 0; i < g->n_values; i++)
        n += c->is_input[i];
    edy_value_id *in = calloc((size_t)n + 1, sizeof *in);
    edy_value_id *out = calloc(1, sizeof *out);
    if (!in || !out || n == 0) {
        free(in);
        free(out);
        return n ? edy_fail(err, EDY_NO_MEMORY, "out of memory for a slice")
                 : no_part("it has no inputs", err);
    }
    n = 0;
    for (int32_t i = 0; i < g->n_values; i++)
        if (c->is_input[i])
            in[n++] = i;
    out[0] = output;
    free(g->input);
    free(g->output);
    g->input = in;
    g->output = out;
    g->n_inputs = n;
    g->n_outputs = 1;
    return EDY_OK;
}

static edy_status cut_out(cut *c, const edy_node *step, edy_error *err) {
    edy_graph *g = c->g;
    const edy_value_id output = step->output[0];
    if (output >= g->n_values || edy_graph_producer(g, output) < 0)
        return no_part("a pass made its output", err);
    if (!same_domain(c, output))
        return no_part("its output is of another type in the model", err);
    edy_status st = begin_at_inputs(c, step, err);
    st = st ? st : want_nodes(c, output, err);
    for (int32_t i = 0; i < g->n_nodes && !st; i++)
        if (!c->wanted[i])
            edy_graph_drop_node(g, i);
    if (!st)
        edy_graph_compact(g);
    return st ? st : set_ports(c, output, err);
}

edy_status edy_slice_make(const edy_graph *imported, const edy_plan *plan, int32_t index,
                          edy_graph **slice, edy_error *err) {
    cut c = {.from = edy_plan_graph(plan)};
    *slice = NULL;
    edy_status st = edy_graph_clone(imported, &c.g, err);
    if (st)
        return st;
    const edy_value *first = &c.from->value[c.from->n_inputs ? c.from->input[0] : 0];
    if (c.from->n_inputs && first->shape.rank > 0 && first->shape.dim[0] != c.g->batch)
        st = edy_graph_set_batch(c.g, first->shape.dim[0], err);
    c.is_input = calloc((size_t)c.g->n_values + 1, sizeof *c.is_input);
    c.wanted = calloc((size_t)c.g->n_nodes + 1, sizeof *c.wanted);
    if (!st && (!c.is_input || !c.wanted))
        st = edy_fail(err, EDY_NO_MEMORY, "out of memory for a slice");
    st = st ? st : cut_out(&c, edy_plan_step_at(plan, index).node, err);
    free(c.is_input);
    free(c.wanted);
    if (st)
        edy_graph_destroy(c.g);
    else
        *slice = c.g;
    return st;
}

/* ---- Values ---------------------------------------------------------------------------------- */

edy_status edy_slice_read(const edy_graph *slice, const edy_plan *plan, edy_value_id id,
                          void **data, edy_error *err) {
    const edy_value *v = &slice->value[id];
    const edy_dtype stored = edy_plan_graph(plan)->value[id].dtype;
    const size_t elems = edy_shape_count(&v->shape), bytes = elems * edy_dtype_bytes(stored);
    uint8_t *raw = malloc(bytes ? bytes : 1);
    if (!raw)
        return edy_fail(err, EDY_NO_MEMORY, "out of memory for a layer's values");
    const edy_status st = edy_plan_read(plan, id, raw, bytes, err);
    if (st) {
        free(raw);
        return st;
    }
    for (size_t i = 0; i < elems && v->dtype == EDY_U8 && stored == EDY_S8; i++)
        raw[i] ^= 0x80; /* q - 128 as s8 -> q */
    *data = raw;
    return EDY_OK;
}

static void store(edy_dtype dtype, void *at, size_t i, double x) {
    if (dtype == EDY_U8)
        ((uint8_t *)at)[i] = (uint8_t)x;
    else if (dtype == EDY_S8)
        ((int8_t *)at)[i] = (int8_t)x;
    else
        ((float *)at)[i] = (float)x;
}

edy_status edy_slice_expected(const edy_graph *slice, const edy_plan *plan, const double *expected,
                              size_t elems, void **data, edy_error *err) {
    const edy_value *v = &slice->value[slice->output[0]];
    const edy_value *stored = &edy_plan_graph(plan)->value[slice->output[0]];
    if (v->dtype != EDY_F32 && v->dtype != EDY_U8 && v->dtype != EDY_S8)
        return no_part("its output is neither float32 nor 8 bits", err);
    if (edy_shape_count(&v->shape) != elems)
        return no_part("its output has another size in the model", err);
    void *out = malloc((elems + 1) * edy_dtype_bytes(v->dtype));
    if (!out)
        return edy_fail(err, EDY_NO_MEMORY, "out of memory for expected values");
    const double shift = v->dtype == EDY_U8 && stored->dtype == EDY_S8 ? 128 : 0;
    for (size_t i = 0; i < elems; i++)
        store(v->dtype, out, i, expected[i] + shift);
    *data = out;
    return EDY_OK;
}

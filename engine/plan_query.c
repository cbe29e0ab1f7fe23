/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/plan_internal.h"

#include <assert.h>
#include <string.h>

void *edy_plan_address(const edy_plan *plan, edy_value_id v) {
    const edy_placement *p = &plan->place[v];
    const edy_value *root = &plan->graph->value[p->root];
    if (root->data)
        return (void *)(uintptr_t)root->data; /* steps only read it */
    return p->block < 0 ? NULL : plan->arena + plan->blocks[p->block].offset + p->offset;
}

/* Copies elems elements; flip exchanges s8 and u8 (q - 128 = q ^ 0x80). */
static void copy_elems(char *to, const char *from, size_t elems, size_t elem_bytes, bool flip) {
    if (!flip) {
        memcpy(to, from, elems * elem_bytes);
        return;
    }
    for (size_t i = 0; i < elems; i++)
        to[i] = (char)(from[i] ^ 0x80);
}

/* True where NHWC and NCHW are different bytes. */
static bool reorders(const edy_value *v) {
    const int64_t *d = v->shape.dim;
    return v->layout == EDY_LAYOUT_NHWC && v->shape.rank == 4 && d[1] != 1 && d[2] * d[3] != 1;
}

/* Between memory (NHWC, pixels stride elements apart) and model (NCHW), element by element. */
static void copy_reordered(const edy_value *v, size_t stride, char *memory, char *model, bool out,
                           bool flip) {
    const size_t n = (size_t)v->shape.dim[0], c = (size_t)v->shape.dim[1];
    const size_t hw = (size_t)(v->shape.dim[2] * v->shape.dim[3]);
    const size_t bytes = edy_dtype_bytes(v->dtype);
    for (size_t i = 0; i < n * c * hw; i++) {
        const size_t image = i / (c * hw), channel = i / hw % c, pixel = i % hw;
        char *m = memory + ((image * hw + pixel) * stride + channel) * bytes;
        char *f = model + i * bytes;
        copy_elems(out ? f : m, out ? m : f, 1, bytes, flip);
    }
}

static void copy(const edy_plan *plan, edy_value_id v, bool flip, char *model, bool out) {
    const edy_value *value = &plan->graph->value[v];
    char *memory = edy_plan_address(plan, v);
    const size_t elems = edy_shape_count(&value->shape), bytes = edy_dtype_bytes(value->dtype);
    if (!memory)
        return;
    const size_t stride = plan->place[v].stride;
    if (stride || reorders(value))
        copy_reordered(value, stride ? stride : (size_t)value->shape.dim[1], memory, model, out,
                       flip);
    else
        copy_elems(out ? model : memory, out ? memory : model, elems, bytes, flip);
}

void edy_plan_copy_out(const edy_plan *plan, edy_value_id v, bool flip, void *out) {
    copy(plan, v, flip, out, true);
}

void edy_plan_copy_in(const edy_plan *plan, edy_value_id v, bool flip, const void *in) {
    if (plan->place[v].block >= 0) /* an input that nobody reads has no place */
        copy(plan, v, flip, (char *)(uintptr_t)in, false); /* only read */
}

static edy_status check_access(const edy_plan *plan, edy_value_id v, size_t bytes, edy_error *err) {
    if (v < 0 || v >= plan->graph->n_values || !plan->graph->value[v].shape_known ||
        !edy_plan_address(plan, v))
        return edy_fail(err, EDY_BAD_ARGUMENT, "value %d is not computed by this plan", v);
    const edy_value *value = &plan->graph->value[v];
    const size_t have = edy_shape_count(&value->shape) * edy_dtype_bytes(value->dtype);
    if (have != bytes)
        return edy_fail(err, EDY_BAD_ARGUMENT, "value \"%.80s\" has %zu bytes, not %zu",
                        value->name, have, bytes);
    return EDY_OK;
}

edy_status edy_plan_read(const edy_plan *plan, edy_value_id value, void *out, size_t bytes,
                         edy_error *err) {
    const edy_status status = check_access(plan, value, bytes, err);
    if (!status)
        edy_plan_copy_out(plan, value, false, out);
    return status;
}

edy_status edy_plan_write(edy_plan *plan, edy_value_id value, const void *in, size_t bytes,
                          edy_error *err) {
    const edy_status status = check_access(plan, value, bytes, err);
    if (status)
        return status;
    if (plan->place[value].block < 0)
        return edy_fail(err, EDY_BAD_ARGUMENT, "value \"%.80s\" is a constant",
                        plan->graph->value[value].name);
    edy_plan_copy_in(plan, value, false, in);
    return EDY_OK;
}

int32_t edy_plan_input_count(const edy_plan *plan) {
    return plan->graph->n_inputs;
}

int32_t edy_plan_output_count(const edy_plan *plan) {
    return plan->graph->n_outputs;
}

const edy_plan_port *edy_plan_input(const edy_plan *plan, int32_t index) {
    assert(index >= 0 && index < plan->graph->n_inputs);
    return &plan->inputs[index];
}

const edy_plan_port *edy_plan_output(const edy_plan *plan, int32_t index) {
    assert(index >= 0 && index < plan->graph->n_outputs);
    return &plan->outputs[index];
}

edy_plan_memory edy_plan_memory_use(const edy_plan *plan) {
    return plan->memory;
}

size_t edy_plan_groups(const edy_plan *plan) {
    return plan->groups;
}

int32_t edy_plan_step_count(const edy_plan *plan) {
    return plan->n_steps;
}

edy_plan_step edy_plan_step_at(const edy_plan *plan, int32_t index) {
    assert(index >= 0 && index < plan->n_steps);
    const edy_step *s = &plan->steps[index];
    int32_t over = -1;
    for (int32_t j = 0; j < s->node->n_inputs; j++)
        if (s->in[j] && s->in[j] == s->out[0])
            over = j;
    return (edy_plan_step){.node = s->node,
                           .kernel = s->kernel,
                           .reason = s->reason,
                           .winograd = s->winograd,
                           .tile = {s->tile[0], s->tile[1]},
                           .over = over,
                           .inside = s->y_stride != 0,
                           .macs = edy_node_macs(plan->graph, s->node),
                           .packed_bytes = s->packed_bytes,
                           .transposes = s->transposes};
}

const edy_graph *edy_plan_graph(const edy_plan *plan) {
    return plan->graph;
}

const edy_backend *edy_plan_backend(const edy_plan *plan) {
    return plan->backend;
}

/* Blocks live from node to node; nodes that are aliases have no step. Before the first step counts
 * as step 0, after the last one as the last. */
static int32_t step_of_node(const edy_plan *plan, int32_t node, bool begin) {
    int32_t step = 0, after = plan->n_steps; /* the first step of that node or a later one */
    while (step < after) {
        const int32_t middle = step + (after - step) / 2;
        if (plan->steps[middle].index < node)
            step = middle + 1;
        else
            after = middle;
    }
    const bool between = step == plan->n_steps || plan->steps[step].index != node;
    if (!begin && between && step > 0)
        step--;
    return step < plan->n_steps || step == 0 ? step : plan->n_steps - 1;
}

bool edy_plan_place(const edy_plan *plan, edy_value_id value, size_t *offset, size_t *bytes,
                    int32_t *first, int32_t *last) {
    if (value < 0 || value >= plan->graph->n_values)
        return false;
    const edy_placement *p = &plan->place[value];
    if (p->root != value || p->block < 0)
        return false;
    const edy_arena_block *b = &plan->blocks[p->block];
    *offset = b->offset;
    *bytes = b->bytes;
    *first = step_of_node(plan, b->first, true);
    *last = step_of_node(plan, b->last, false);
    return true;
}

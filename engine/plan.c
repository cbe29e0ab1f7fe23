/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/plan_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/passes/passes.h"

static edy_status no_memory(edy_error *err) {
    return edy_fail(err, EDY_NO_MEMORY, "no memory for the plan");
}

static size_t value_bytes(const edy_value *v) {
    return edy_shape_count(&v->shape) * edy_dtype_bytes(v->dtype);
}

/* Whether node i's output may stand where its input j stands: nobody else reads that memory then or
 * later, and both are of one size. last: of each root, the last node that reads it. */
static bool may_overwrite(const edy_plan *plan, const edy_node *n, int32_t i, int32_t j,
                          const int32_t *last) {
    const edy_graph *g = plan->graph;
    if (j < 0 || n->input[j] == EDY_NO_VALUE)
        return false;
    const edy_value_id root = plan->place[n->input[j]].root;
    for (int32_t k = 0; k < n->n_inputs; k++)
        if (k != j && n->input[k] != EDY_NO_VALUE && plan->place[n->input[k]].root == root)
            return false;
    return !g->value[root].data && last[root] <= i &&
           value_bytes(&g->value[root]) == value_bytes(&g->value[n->output[0]]);
}

/* Which values share memory: Reshape's output is its input; an output may replace an input that
 * dies in its node, unless every value is to be kept. */
static void find_roots(edy_plan *plan, bool keep, int32_t *last) {
    const edy_graph *g = plan->graph;
    for (int32_t v = 0; v < g->n_values; v++) {
        plan->place[v] = (edy_placement){.root = v, .block = -1};
        last[v] = -1;
    }
    for (int32_t i = 0; i < g->n_nodes; i++)
        for (int32_t j = 0; j < g->node[i].n_inputs; j++)
            if (g->node[i].input[j] != EDY_NO_VALUE)
                last[g->node[i].input[j]] = i;
    for (int32_t i = 0; i < g->n_outputs; i++)
        last[g->output[i]] = g->n_nodes;
    for (int32_t i = 0; i < g->n_nodes; i++) {
        const edy_node *n = &g->node[i];
        const edy_op *op = edy_op_get(n->op);
        int32_t j = op->aliases_input ? 0 : -1;
        if (!keep && op->overwrites && may_overwrite(plan, n, i, op->overwrites(g, n), last))
            j = op->overwrites(g, n);
        if (j < 0)
            continue;
        const edy_value_id root = plan->place[n->input[j]].root, out = n->output[0];
        plan->place[out].root = root;
        last[root] = last[out] > last[root] ? last[out] : last[root];
    }
}

/* The makers of a Concat's inputs write into its output, where they can, unless every value is to
 * be kept. Such a value has no other reader, so nobody misses it. */
static edy_status place_inside(edy_plan *plan, edy_error *err) {
    const edy_graph *g = plan->graph;
    int32_t *uses = edy_graph_use_counts(g);
    if (!uses)
        return no_memory(err);
    for (int32_t i = 0; i < g->n_nodes; i++) {
        const edy_node *n = &g->node[i];
        const edy_op *op = edy_op_get(n->op);
        for (int32_t j = 0; op->holds_input && j < n->n_inputs; j++) {
            const edy_value_id v = n->input[j];
            const int32_t maker = uses[v] == 1 ? edy_graph_producer(g, v) : -1;
            size_t at, row;
            if (maker < 0 || plan->place[v].root != v ||
                !edy_op_get(g->node[maker].op)->spreads_rows ||
                !edy_op_get(g->node[maker].op)->spreads_rows(g, &g->node[maker], &plan->kernels) ||
                !op->holds_input(g, n, j, &at, &row))
                continue;
            plan->place[v] = (edy_placement){.root = plan->place[n->output[0]].root,
                                             .block = -1,
                                             .offset = at * edy_dtype_bytes(g->value[v].dtype),
                                             .stride = row};
        }
    }
    free(uses);
    return EDY_OK;
}

static int32_t add_block(edy_plan *plan, size_t bytes, int32_t first, int32_t last) {
    plan->blocks[plan->n_blocks] = (edy_arena_block){.bytes = bytes, .first = first, .last = last};
    return (int32_t)plan->n_blocks++;
}

static void touch(edy_plan *plan, edy_value_id v, int32_t step) {
    const edy_value_id root = plan->place[v].root;
    if (plan->graph->value[root].data)
        return;
    if (plan->place[root].block < 0)
        plan->place[root].block =
            add_block(plan, value_bytes(&plan->graph->value[root]), step, step);
    edy_arena_block *b = &plan->blocks[plan->place[root].block];
    b->first = step < b->first ? step : b->first;
    b->last = step > b->last ? step : b->last;
}

/* A block for each root value, alive from the first to the last node that touches it. Inputs are
 * written before the first node, outputs are read after the last. */
static void place_values(edy_plan *plan, bool keep) {
    const edy_graph *g = plan->graph;
    for (int32_t i = 0; i < g->n_inputs; i++)
        touch(plan, g->input[i], 0);
    for (int32_t i = 0; i < g->n_nodes; i++) {
        const edy_node *n = &g->node[i];
        for (int32_t j = 0; j < n->n_inputs; j++)
            if (n->input[j] != EDY_NO_VALUE)
                touch(plan, n->input[j], i);
        for (int32_t j = 0; j < n->n_outputs; j++)
            touch(plan, n->output[j], i);
    }
    for (int32_t i = 0; i < g->n_outputs; i++)
        touch(plan, g->output[i], g->n_nodes);
    plan->n_value_blocks = plan->n_blocks;
    for (size_t b = 0; keep && b < plan->n_blocks; b++) {
        plan->blocks[b].first = 0;
        plan->blocks[b].last = g->n_nodes;
    }
    for (int32_t v = 0; v < g->n_values; v++)
        plan->place[v].block = plan->place[plan->place[v].root].block;
}

/* The arena, and one step for each node that computes. scratch[i] is node i's block or -1. */
static edy_status build_arena(edy_plan *plan, bool keep, int32_t *scratch, edy_error *err) {
    const edy_graph *g = plan->graph;
    plan->place = edy_region_array(&plan->region, (size_t)g->n_values + 1, sizeof *plan->place);
    plan->blocks = edy_region_array(&plan->region, (size_t)(g->n_values + g->n_nodes) + 1,
                                    sizeof *plan->blocks);
    int32_t *last = calloc((size_t)g->n_values + 1, sizeof *last);
    if (!plan->place || !plan->blocks || !last) {
        free(last);
        return no_memory(err);
    }
    /* The bound is that of the graph's tensors, each in a place of its own. */
    find_roots(plan, true, last);
    place_values(plan, false);
    plan->memory.arena_lower_bound_bytes = edy_arena_lower_bound(plan->blocks, plan->n_blocks);
    plan->n_blocks = 0;
    find_roots(plan, keep, last);
    free(last);
    const edy_status status = keep ? EDY_OK : place_inside(plan, err);
    if (status)
        return status;
    place_values(plan, keep);
    for (int32_t i = 0; i < g->n_nodes; i++) {
        const edy_op *op = edy_op_get(g->node[i].op);
        const unsigned threads = edy_threads_count(plan->threads);
        const size_t bytes =
            op->scratch_bytes ? op->scratch_bytes(g, &g->node[i], &plan->kernels, threads) : 0;
        scratch[i] = bytes ? add_block(plan, bytes, i, i) : -1;
        plan->memory.scratch_bytes += bytes;
    }
    plan->memory.arena_bytes = edy_arena_place(plan->blocks, plan->n_blocks);
    const size_t bytes = plan->memory.arena_bytes ? plan->memory.arena_bytes : EDY_ARENA_ALIGN;
    plan->arena = edy_large_alloc(EDY_ARENA_ALIGN, bytes);
    if (!plan->arena)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for an arena of %zu bytes", bytes);
    memset(plan->arena, 0, bytes);
    return EDY_OK;
}

/* Whether a step takes less time than it gains from more threads. Starting and ending a round takes
 * two trips between cores, 0.1 to 0.7 microseconds, and the other core must fetch its inputs; so
 * steps of some microseconds stay on one thread. A rough guess of nanoseconds on one core is enough
 * for that: by multiply-adds (depthwise layers and narrow ones take more for each), and by bytes.
 */
static bool is_small(const edy_graph *g, const edy_node *n) {
    enum { WORTH_NS = 4000, MACS_A_NS = 30, DEPTHWISE_MACS_A_NS = 12, BYTES_A_NS = 8 };
    const edy_op *op = edy_op_get(n->op);
    const edy_value *x = &g->value[n->input[0]], *y = &g->value[n->output[0]];
    const uint64_t macs = op->macs ? op->macs(g, n) : 0;
    const bool depthwise = n->op == EDY_OP_CONV && n->window.groups > 1;
    const uint64_t bytes = value_bytes(x) + value_bytes(y);
    return macs / (depthwise ? DEPTHWISE_MACS_A_NS : MACS_A_NS) + bytes / BYTES_A_NS < WORTH_NS;
}

static edy_status build_step(edy_plan *plan, edy_planner *planner, int32_t index, int32_t scratch,
                             edy_error *err) {
    const edy_graph *g = plan->graph;
    const edy_node *n = &g->node[index];
    const edy_op *op = edy_op_get(n->op);
    edy_step *s = &plan->steps[plan->n_steps];
    edy_error inner = {0};
    edy_status status = EDY_OK;
    *s = (edy_step){.node = n, .index = index, .kernel = "", .reason = "", .alone = is_small(g, n)};
    for (int32_t j = 0; j < n->n_inputs; j++)
        s->in[j] = n->input[j] == EDY_NO_VALUE ? NULL : edy_plan_address(plan, n->input[j]);
    for (int32_t j = 0; j < n->n_outputs; j++)
        s->out[j] = edy_plan_address(plan, n->output[j]);
    s->y_stride = plan->place[n->output[0]].stride;
    s->scratch = scratch < 0 ? NULL : plan->arena + plan->blocks[scratch].offset;
    if (!op->prepare)
        status = edy_fail(&inner, EDY_UNSUPPORTED, "it stands where no kernel can run it");
    else
        status = op->prepare(planner, s, &inner);
    if (!status && (!s->kernel || !s->reason))
        status = edy_fail(&inner, EDY_NO_MEMORY, "no memory for a name or a reason");
    if (status)
        return edy_fail(err, status, "%s (node \"%.80s\"): %s", edy_node_text(n), n->name,
                        inner.message);
    plan->n_steps++;
    return EDY_OK;
}

static edy_status build_steps(edy_plan *plan, const int32_t *scratch, edy_error *err) {
    const edy_graph *g = plan->graph;
    const edy_kernels scalar = edy_backend_kernels(edy_backend_at(edy_backend_count() - 1));
    edy_planner planner = {.graph = g,
                           .kernels = &plan->kernels,
                           .scalar = &scalar,
                           .backend = plan->backend->name,
                           .threads = edy_threads_count(plan->threads),
                           .region = &plan->region};
    plan->steps = edy_region_array(&plan->region, (size_t)g->n_nodes + 1, sizeof *plan->steps);
    if (!plan->steps)
        return no_memory(err);
    for (int32_t i = 0; i < g->n_nodes; i++) {
        if (edy_op_get(g->node[i].op)->aliases_input)
            continue;
        if (edy_shape_count(&g->value[g->node[i].output[0]].shape) == 0)
            return edy_fail(err, EDY_UNSUPPORTED, "%s (node \"%.80s\"): an empty result",
                            edy_node_text(&g->node[i]), g->node[i].name);
        const edy_status status = build_step(plan, &planner, i, scratch[i], err);
        if (status)
            return status;
    }
    plan->memory.packed_bytes = planner.packed_bytes;
    plan->memory.indirection_bytes = planner.indirection_bytes;
    return EDY_OK;
}

static edy_plan_port *make_ports(edy_plan *plan, const edy_value_id *ids, int32_t count) {
    edy_plan_port *ports = edy_region_array(&plan->region, (size_t)count + 1, sizeof *ports);
    for (int32_t i = 0; ports && i < count; i++) {
        const edy_value *v = &plan->graph->value[ids[i]];
        ports[i] = (edy_plan_port){.name = v->name,
                                   .dtype = v->quant.was_u8 ? EDY_U8 : v->dtype,
                                   .shape = v->shape,
                                   .bytes = plan->groups * value_bytes(v)};
        if (plan->groups > 1)
            ports[i].shape.dim[0] *= (int64_t)plan->groups;
    }
    return ports;
}

/* Bytes of the constants that the steps read, as the lowered graph stores them. */
static size_t constant_bytes(const edy_graph *g) {
    size_t sum = 0;
    bool *seen = calloc((size_t)g->n_values + 1, sizeof *seen);
    for (int32_t i = 0; seen && i < g->n_nodes; i++)
        for (int32_t j = 0; j < g->node[i].n_inputs; j++) {
            const edy_value_id v = g->node[i].input[j];
            if (v == EDY_NO_VALUE || seen[v] || !g->value[v].data)
                continue;
            seen[v] = true;
            sum += value_bytes(&g->value[v]);
        }
    free(seen);
    return sum;
}

static edy_status group_batch(edy_plan *plan, edy_error *err) {
    const edy_shape *x = plan->graph->n_inputs ? &plan->graph->value[plan->graph->input[0]].shape
                                               : &(edy_shape){.rank = 0};
    const int64_t batch = x->rank > 0 ? x->dim[0] : 1;
    const int64_t group = edy_plan_group(plan->graph, batch);
    if (group == batch)
        return EDY_OK;
    edy_error refused;
    if (edy_graph_set_batch(plan->graph, group, &refused)) /* tied to its batch in a way not seen */
        return edy_graph_set_batch(plan->graph, batch, err);
    plan->groups = (size_t)(batch / group);
    return EDY_OK;
}

static edy_status build(edy_plan *plan, const edy_graph *graph, const edy_plan_options *options,
                        edy_error *err) {
    edy_status status = edy_graph_clone(graph, &plan->graph, err);
    if (!status && options->batch)
        status = edy_graph_set_batch(plan->graph, options->batch, err);
    if (!status && !options->keep_values)
        status = group_batch(plan, err);
    if (!status)
        status = edy_passes_run(plan->graph, err);
    if (status)
        return status;
    plan->memory.weights_bytes = constant_bytes(plan->graph);
    int32_t *scratch = calloc((size_t)plan->graph->n_nodes + 1, sizeof *scratch);
    status = scratch ? build_arena(plan, options->keep_values, scratch, err) : no_memory(err);
    if (!status)
        status = build_steps(plan, scratch, err);
    free(scratch);
    if (status)
        return status;
    plan->inputs = make_ports(plan, plan->graph->input, plan->graph->n_inputs);
    plan->outputs = make_ports(plan, plan->graph->output, plan->graph->n_outputs);
    return plan->inputs && plan->outputs ? EDY_OK : no_memory(err);
}

edy_status edy_plan_create(const edy_graph *graph, const edy_plan_options *options, edy_plan **out,
                           edy_error *err) {
    static const edy_plan_options defaults = {0};
    options = options ? options : &defaults;
    *out = NULL;
    edy_plan *plan = calloc(1, sizeof *plan);
    if (!plan)
        return no_memory(err);
    plan->backend = options->backend ? options->backend : edy_backend_best();
    plan->kernels = edy_backend_kernels(plan->backend);
    plan->threads = options->threads;
    plan->groups = 1;
    edy_status status = EDY_OK;
    if (!edy_backend_runs_here(plan->backend))
        status = edy_fail(err, EDY_UNSUPPORTED_HARDWARE, "backend \"%s\" cannot run on this CPU",
                          plan->backend->name);
    if (!status)
        status = build(plan, graph, options, err);
    if (status) {
        edy_plan_destroy(plan);
        return status;
    }
    *out = plan;
    return EDY_OK;
}

void edy_plan_destroy(edy_plan *plan) {
    if (!plan)
        return;
    edy_graph_destroy(plan->graph);
    edy_region_free(&plan->region);
    free(plan->arena);
    free(plan);
}

void edy_plan_run_step(edy_plan *plan, int32_t index) {
    assert(index >= 0 && index < plan->n_steps);
    const edy_step *s = &plan->steps[index];
    s->run(s, s->alone ? NULL : plan->threads);
}

/* The part of a port's data that belongs to a group. */
static size_t part_of(const edy_plan *plan, const edy_plan_port *port, size_t group) {
    return port->bytes / plan->groups * group;
}

void edy_plan_run(edy_plan *plan, const void *const *inputs, void *const *outputs) {
    const edy_graph *g = plan->graph;
    for (size_t group = 0; group < plan->groups; group++) {
        for (int32_t i = 0; i < g->n_inputs; i++)
            edy_plan_copy_in(plan, g->input[i], g->value[g->input[i]].quant.was_u8,
                             (const char *)inputs[i] + part_of(plan, &plan->inputs[i], group));
        for (int32_t i = 0; i < plan->n_steps; i++)
            edy_plan_run_step(plan, i);
        for (int32_t i = 0; i < g->n_outputs; i++)
            edy_plan_copy_out(plan, g->output[i], g->value[g->output[i]].quant.was_u8,
                              (char *)outputs[i] + part_of(plan, &plan->outputs[i], group));
    }
}

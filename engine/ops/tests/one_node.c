/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/ops/tests/one_node.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

edy_graph *edy_one_node(edy_op_kind op, const edy_shape *x) {
    edy_graph *g = NULL;
    edy_error err;
    edy_value_id in, out;
    int32_t n;
    assert_int_equal(edy_graph_create(&g, &err), EDY_OK);
    assert_int_equal(edy_graph_add_value(g, "x", EDY_F32, &in, &err), EDY_OK);
    assert_int_equal(edy_graph_add_value(g, "y", EDY_F32, &out, &err), EDY_OK);
    g->value[in].shape = *x;
    g->value[in].shape_known = true;
    assert_int_equal(edy_graph_add_node(g, op, "node", &n, &err), EDY_OK);
    g->node[n].n_inputs = g->node[n].n_outputs = 1;
    g->node[n].input[0] = in;
    g->node[n].output[0] = out;
    g->input = malloc(sizeof *g->input);
    g->output = malloc(sizeof *g->output);
    g->input[0] = in;
    g->output[0] = out;
    g->n_inputs = g->n_outputs = 1;
    g->batch = x->rank ? x->dim[0] : 1;
    return g;
}

void edy_one_node_constant(edy_graph *g, int32_t index, const edy_shape *shape, const float *data) {
    edy_error err;
    edy_value_id id;
    assert_int_equal(edy_graph_add_constant(g, "constant", EDY_F32, shape, data, &id, &err),
                     EDY_OK);
    edy_node *n = &g->node[0];
    n->input[index] = id;
    n->n_inputs = index + 1 > n->n_inputs ? index + 1 : n->n_inputs;
}

float *edy_one_node_run(const edy_graph *g, const edy_backend *backend, unsigned threads,
                        int64_t batch, const float *x, size_t *out_elems) {
    edy_threads *pool = NULL;
    edy_plan *plan = NULL;
    edy_error err = {0};
    assert_int_equal(edy_threads_create(threads, NULL, NULL, &pool, &err), EDY_OK);
    const edy_plan_options options = {.backend = backend, .threads = pool, .batch = batch};
    if (edy_plan_create(g, &options, &plan, &err))
        fail_msg("%s", err.message);
    float *y = malloc(edy_plan_output(plan, 0)->bytes);
    assert_non_null(y);
    edy_plan_run(plan, (const void *const[]){x}, (void *const[]){y});
    *out_elems = edy_plan_output(plan, 0)->bytes / sizeof *y;
    const edy_plan_memory m = edy_plan_memory_use(plan);
    assert_true(m.arena_bytes > 0 && m.arena_lower_bound_bytes > 0);
    edy_plan_destroy(plan);
    edy_threads_destroy(pool);
    return y;
}

float *edy_random_floats(size_t n, uint32_t seed) {
    float *v = malloc((n + 1) * sizeof *v);
    assert_non_null(v);
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        v[i] = (float)(seed >> 8) / 8388608.0f - 1.0f;
    }
    return v;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* LeakyRelu then MaxPool becomes MaxPool then LeakyRelu, which then works on fewer elements. With
 * alpha > 0 it never decreases, and neither do its rounding and its table, so that the largest
 * result is that of the largest input: same bits, but for the sign of a zero where alpha * x rounds
 * to one. */
#include <stdlib.h>

#include "engine/passes/passes.h"
#include "engine/passes/rewrite.h"

/* The LeakyRelu that makes what the pool at index reads, for it alone, or -1. */
static int32_t leaky_before(const edy_graph *g, int32_t index, const int32_t *uses) {
    const edy_node *pool = &g->node[index];
    const edy_value_id x = pool->input[0];
    if (pool->op != EDY_OP_MAXPOOL || edy_has_clamp(pool) || uses[x] != 1 ||
        edy_shape_count(&g->value[pool->output[0]].shape) >= edy_shape_count(&g->value[x].shape))
        return -1;
    const int32_t p = edy_graph_producer(g, x);
    return p >= 0 && g->node[p].op == EDY_OP_LEAKYRELU && g->node[p].alpha > 0.0f ? p : -1;
}

/* The two nodes change places; what stands between them is new. */
static edy_status exchange(edy_graph *g, int32_t first, int32_t second, edy_error *err) {
    edy_value_id between;
    const edy_status status =
        edy_new_value_like(g, g->node[first].input[0], "_pooled", &between, err);
    if (status)
        return status;
    const edy_node leaky = g->node[first], pool = g->node[second];
    g->value[between].shape = g->value[pool.output[0]].shape;
    g->node[first] = pool;
    g->node[first].input[0] = leaky.input[0];
    edy_graph_set_output(g, first, between);
    g->node[second] = leaky;
    g->node[second].input[0] = between;
    edy_graph_set_output(g, second, pool.output[0]);
    return EDY_OK;
}

edy_status edy_pass_pool_before_leaky(edy_graph *g, edy_error *err) {
    int32_t *uses = edy_graph_use_counts(g);
    if (!uses)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the graph");
    edy_status status = EDY_OK;
    for (int32_t i = 0; !status && i < g->n_nodes; i++) {
        const int32_t leaky = leaky_before(g, i, uses);
        if (leaky >= 0)
            status = exchange(g, leaky, i, err);
    }
    free(uses);
    return status ? status : edy_graph_infer(g, err);
}

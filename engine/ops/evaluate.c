/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/ops/evaluate.h"

#include <inttypes.h>
#include <stdlib.h>

#include "engine/ops/op.h"

bool edy_can_evaluate(const edy_graph *g, const edy_node *n) {
    if (!edy_op_get(n->op)->folds)
        return false;
    bool any = false;
    for (int32_t j = 0; j < n->n_inputs; j++) {
        if (n->input[j] == EDY_NO_VALUE)
            continue;
        if (!g->value[n->input[j]].data)
            return false;
        any = true;
    }
    return any;
}

/* step->in and ->out are set. */
static edy_status prepare_and_run(edy_planner *p, edy_step *step, edy_error *err) {
    const edy_op *op = edy_op_get(step->node->op);
    const size_t scratch =
        op->scratch_bytes ? op->scratch_bytes(p->graph, step->node, p->kernels, 1) : 0;
    step->scratch = scratch ? edy_region_alloc(p->region, scratch) : NULL;
    if (scratch && !step->scratch)
        return edy_fail(err, EDY_NO_MEMORY, "no memory to compute a constant");
    const edy_status status = op->prepare(p, step, err);
    if (!status)
        step->run(step, NULL);
    return status;
}

static edy_status run_node(edy_graph *g, const edy_node *n, void *out, edy_error *err) {
    edy_kernels scalar;
    edy_kernels_scalar(&scalar);
    edy_region region = {0};
    edy_planner planner = {.graph = g,
                           .kernels = &scalar,
                           .scalar = &scalar,
                           .backend = "scalar",
                           .threads = 1,
                           .region = &region};
    edy_step step = {.node = n, .out = {out}, .kernel = "", .reason = ""};
    for (int32_t j = 0; j < n->n_inputs; j++)
        if (n->input[j] != EDY_NO_VALUE) /* only read */
            step.in[j] = (void *)(uintptr_t)g->value[n->input[j]].data;
    const edy_status status = prepare_and_run(&planner, &step, err);
    edy_region_free(&region);
    return status;
}

edy_status edy_evaluate(edy_graph *g, const edy_node *n, edy_error *err) {
    const uint64_t most = UINT64_C(1) << 31, macs = edy_node_macs(g, n);
    if (macs > most)
        return edy_fail(err, EDY_LIMIT,
                        "a constant that takes %" PRIu64 " multiply-adds, the limit is %" PRIu64,
                        macs, most);
    edy_value *y = &g->value[n->output[0]];
    if (edy_op_get(n->op)->aliases_input) {
        y->data = g->value[n->input[0]].data;
        return EDY_OK;
    }
    const size_t elems = edy_shape_count(&y->shape);
    void *out = edy_region_array(&g->region, elems, edy_dtype_bytes(y->dtype));
    if (!out)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for a constant");
    const edy_status status = elems ? run_node(g, n, out, err) : EDY_OK;
    if (!status)
        y->data = out;
    return status;
}

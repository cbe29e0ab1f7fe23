/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <stdlib.h>
#include <string.h>

#include "ci/fuzz/fuzz.h"
#include "engine/plan.h"

enum { MOST_PORTS = 16, MOST_BYTES = 1 << 20, MOST_MACS = 1000000 };

static void run_plan(edy_plan *plan) {
    void *in[MOST_PORTS] = {NULL}, *out[MOST_PORTS] = {NULL};
    const int32_t n_in = edy_plan_input_count(plan), n_out = edy_plan_output_count(plan);
    if (n_in > MOST_PORTS || n_out > MOST_PORTS)
        return;
    for (int32_t i = 0; i < n_in; i++) {
        const size_t bytes = edy_plan_input(plan, i)->bytes;
        if (!(in[i] = malloc(bytes ? bytes : 1)))
            abort();
        for (size_t k = 0; k < bytes; k++)
            ((uint8_t *)in[i])[k] = (uint8_t)(k * 37 + 11);
    }
    for (int32_t i = 0; i < n_out; i++)
        if (!(out[i] = malloc(edy_plan_output(plan, i)->bytes + 1)))
            abort();
    edy_plan_run(plan, (const void *const *)in, out);
    for (int32_t i = 0; i < MOST_PORTS; i++) {
        free(in[i]);
        free(out[i]);
    }
}

void edy_fuzz_run(edy_graph *graph) {
    const edy_plan_options options = {.backend = edy_backend_at(edy_backend_count() - 1)};
    edy_plan *plan = NULL;
    edy_error err = {0};
    if (!graph || edy_graph_macs(graph) > MOST_MACS) {
        edy_graph_destroy(graph);
        return;
    }
    const edy_status status = edy_plan_create(graph, &options, &plan, &err);
    edy_fuzz_check(status, &err);
    if (!status && edy_plan_memory_use(plan).arena_bytes <= MOST_BYTES)
        run_plan(plan);
    edy_plan_destroy(plan);
    edy_graph_destroy(graph);
}

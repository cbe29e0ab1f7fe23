/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* edyno peak-rss: the fresh process of bench/memory.h. Not in the list of verbs: `run` starts
 * it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/memory.h"
#include "bench/run_case.h"
#include "bench/verbs/verb_common.h"
#include "bench/verbs/verbs.h"
#include "workloads/model_load.h"

static const char *const usage[] = {"MODEL.onnx [OPTIONS]", NULL};

static const edy_opt opts[] = {
    EDY_ROW_BACKEND,
    {.name = "threads",
     .letter = 't',
     .kind = EDY_OPT_INTEGER,
     .argument = "N",
     .fallback = "1",
     .low = 1,
     .high = EDY_MAX_THREADS,
     .help = "thread count"},
    {.name = "batch",
     .kind = EDY_OPT_INTEGER,
     .argument = "N",
     .fallback = "1",
     .low = 1,
     .high = 1024,
     .help = "batch size"},
    {.name = "ranges",
     .kind = EDY_OPT_STRING,
     .argument = "NET.ranges",
     .help = "run the int8 form of a text net"},
    EDY_ROW_LIMITS,
    {.name = NULL},
};

/* One inference on zeros: the values do not change what is resident. */
static edy_status run_once(edy_plan *plan, edy_error *err) {
    void *inputs[EDY_GOLDEN_PORTS] = {NULL}, *outputs[EDY_GOLDEN_PORTS] = {NULL};
    const int32_t n_in = edy_plan_input_count(plan), n_out = edy_plan_output_count(plan);
    edy_status status = EDY_OK;
    if (n_in > EDY_GOLDEN_PORTS || n_out > EDY_GOLDEN_PORTS)
        return edy_fail(err, EDY_UNSUPPORTED, "%d inputs and %d outputs are too many", n_in, n_out);
    for (int32_t i = 0; i < n_in; i++)
        if (!(inputs[i] = calloc(1, edy_plan_input(plan, i)->bytes + 1)))
            status = edy_fail(err, EDY_NO_MEMORY, "no memory for an input");
    for (int32_t i = 0; i < n_out; i++)
        if (!(outputs[i] = calloc(1, edy_plan_output(plan, i)->bytes + 1)))
            status = edy_fail(err, EDY_NO_MEMORY, "no memory for an output");
    if (!status)
        edy_plan_run(plan, (const void *const *)inputs, outputs);
    for (int32_t i = 0; i < EDY_GOLDEN_PORTS; i++) {
        free(inputs[i]);
        free(outputs[i]);
    }
    return status;
}

static int run(const edy_args *args) {
    edy_error err;
    edy_plan_options options = {.batch = edy_args_integer(args, "batch")};
    const edy_limits limits = edy_verb_limits(args);
    const edy_variant variant = {.limits = &limits,
                                 .model_path = edy_args_operand(args, 0),
                                 .ranges_path = edy_args_string(args, "ranges")};
    edy_threads *pool = NULL;
    edy_graph *graph = NULL;
    edy_plan *plan = NULL;
    edy_status status = edy_verb_backend(args, &options.backend, &err);
    const int64_t base = edy_peak_rss_bytes();
    status = status ? status : edy_run_pool(NULL, edy_args_integer(args, "threads"), &pool, &err);
    options.threads = pool;
    status = status ? status : edy_variant_load(&variant, &graph, &err);
    status = status ? status : edy_plan_create(graph, &options, &plan, &err);
    status = status ? status : run_once(plan, &err);
    const int64_t peak = edy_peak_rss_bytes();
    edy_plan_destroy(plan);
    edy_graph_destroy(graph);
    edy_threads_destroy(pool);
    if (status)
        return edy_verb_fail(args, &err);
    edy_peak_rss_print(base, peak);
    return EDY_EXIT_OK;
}

const edy_verb edy_verb_peak_rss = {
    .name = "peak-rss",
    .summary = "peak memory of loading, planning and running a model once",
    .usage = usage,
    .example = {"edyno peak-rss model.onnx", "edyno peak-rss model.onnx --backend scalar",
                "edyno peak-rss model.onnx --threads 2 --batch 4"},
    .opts = opts,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};

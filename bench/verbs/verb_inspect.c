/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* edyno inspect: what a model becomes on this machine. */
#include <stdio.h>
#include <string.h>

#include "bench/inspect.h"
#include "bench/verbs/verb_common.h"
#include "bench/verbs/verbs.h"

static const char *const usage[] = {"MODEL|WORKLOAD [OPTIONS]", NULL};

static const edy_opt opts[] = {
    EDY_ROW_VARIANT,
    EDY_ROW_BACKEND,
    {.name = "batch",
     .kind = EDY_OPT_INTEGER,
     .argument = "N",
     .low = 1,
     .high = 1024,
     .help = "samples a run; without it the model's own"},
    {.name = "format",
     .kind = EDY_OPT_ENUM,
     .choices = "console|json",
     .fallback = "console",
     .help = "how to print"},
    EDY_ROW_LIMITS,
    EDY_ROW_WORKLOADS_DIR,
    {.name = NULL},
};

static int print(const edy_args *args, const edy_inspection *i) {
    if (strcmp(edy_args_enum(args, "format"), "json") != 0)
        edy_inspect_print(i, stdout);
    else if (!edy_inspect_print_json(i, stdout))
        return EDY_EXIT_USAGE;
    return EDY_EXIT_OK;
}

static int run(const edy_args *args) {
    edy_error err, inner;
    edy_catalog catalog = {.workloads = NULL};
    const edy_workload *workload = NULL;
    const edy_variant *variant = NULL;
    edy_graph *graph = NULL;
    edy_plan *plan = NULL;
    edy_plan_options options = {.batch = edy_args_integer(args, "batch")};
    int code = EDY_EXIT_USAGE;
    edy_status st = edy_verb_backend(args, &options.backend, &err);
    st = st ? st : edy_catalog_open(args, &catalog, &err);
    st =
        st ? st
           : edy_catalog_graph(&catalog, edy_args_operand(args, 0),
                               edy_args_string(args, "variant"), &workload, &variant, &graph, &err);
    if (!st && edy_plan_create(graph, &options, &plan, &inner))
        st = edy_fail(&err, inner.code, "%.120s: %.270s", variant->model_path, inner.message);
    if (st) {
        edy_verb_fail(args, &err);
    } else {
        char title[128];
        snprintf(title, sizeof title, "%.60s/%.60s", workload->name, variant->name);
        const edy_inspection i = {title, variant->model_path, graph, plan};
        code = print(args, &i);
    }
    edy_plan_destroy(plan);
    edy_graph_destroy(graph);
    edy_catalog_close(&catalog);
    return code;
}

const edy_verb edy_verb_inspect = {
    .name = "inspect",
    .summary = "show steps, kernels, cost and memory of a model",
    .usage = usage,
    .example = {"edyno inspect simplecnn", "edyno inspect simplecnn --backend scalar --batch 4",
                "edyno inspect simplecnn --format json"},
    .opts = opts,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};

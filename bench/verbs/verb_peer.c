/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* edyno peer: one engine as a child of `edyno ab`. */
#include <stdio.h>
#include <string.h>

#include "bench/peer.h"
#include "bench/peer_check.h"
#include "bench/verbs/verb_common.h"
#include "bench/verbs/verbs.h"

static const char *const usage[] = {
    "MODEL.onnx|WORKLOAD [OPTIONS]", "MODEL.onnx --library LIBONNXRUNTIME.so [OPTIONS]",
    "MODEL.onnx --library LIBONNXRUNTIME.so --check [OPTIONS]", NULL};

static const edy_opt opts[] = {
    {.name = "library",
     .kind = EDY_OPT_STRING,
     .argument = "PATH",
     .help = "ONNX Runtime instead of edyno: its shared library"},
    {.name = "settings",
     .kind = EDY_OPT_ENUM,
     .choices = "default|exact",
     .fallback = "default",
     .help = "of ONNX Runtime; exact: int8 without saturation"},
    {.name = "check",
     .kind = EDY_OPT_FLAG,
     .help = "compare edyno's answers with the library's, and end"},
    EDY_ROW_VARIANT,
    EDY_ROW_BACKEND,
    {.name = "threads",
     .letter = 't',
     .kind = EDY_OPT_INTEGER,
     .argument = "N",
     .fallback = "1",
     .low = 1,
     .high = EDY_MAX_THREADS,
     .help = "threads to compute with"},
    {.name = "batch",
     .kind = EDY_OPT_INTEGER,
     .argument = "N",
     .low = 1,
     .high = 1024,
     .help = "samples an inference; without it the model's own"},
    {.name = "seed",
     .kind = EDY_OPT_INTEGER,
     .argument = "S",
     .fallback = "1",
     .low = 0,
     .high = INT64_C(9007199254740992),
     .help = "of the inputs"},
    EDY_ROW_LIMITS,
    EDY_ROW_WORKLOADS_DIR,
    {.name = NULL},
};

typedef struct engines {
    edy_catalog catalog;
    edy_graph *graph;
    edy_peer *own, *other;
} engines;

static edy_status open_own(const edy_args *args, engines *e, edy_error *err) {
    const edy_clock clock = edy_clock_system();
    const edy_workload *workload = NULL;
    const edy_variant *variant = NULL;
    const edy_backend *backend = NULL;
    edy_status st = edy_verb_backend(args, &backend, err);
    st = st ? st : edy_catalog_open(args, &e->catalog, err);
    const int64_t begun = edy_now_ns(&clock);
    st = st ? st
            : edy_catalog_graph(&e->catalog, edy_args_operand(args, 0),
                                edy_args_string(args, "variant"), &workload, &variant, &e->graph,
                                err);
    const double load_ns = (double)(edy_now_ns(&clock) - begun);
    if (st)
        return st;
    return edy_peer_create_own(
        e->graph, load_ns, backend, (unsigned)edy_args_integer(args, "threads"),
        edy_args_integer(args, "batch"), (uint64_t)edy_args_integer(args, "seed"), &e->own, err);
}

static edy_status open_other(const edy_args *args, engines *e, edy_error *err) {
    const edy_ort_settings settings =
        strcmp(edy_args_enum(args, "settings"), "exact") == 0 ? EDY_ORT_EXACT : EDY_ORT_DEFAULT;
    return edy_peer_create_ort(edy_args_string(args, "library"), edy_args_operand(args, 0),
                               (unsigned)edy_args_integer(args, "threads"),
                               edy_args_integer(args, "batch"), settings,
                               (uint64_t)edy_args_integer(args, "seed"), &e->other, err);
}

static edy_status check(const edy_args *args, engines *e, int *code, edy_error *err) {
    edy_peer_check result;
    edy_status st = open_other(args, e, err);
    st = st ? st : open_own(args, e, err);
    st = st ? st : edy_peer_compare(e->graph, e->own, e->other, &result, err);
    if (st)
        return st;
    printf("%s: %s; %s\n", edy_peer_name(e->own), result.same ? "same answers" : "OTHER ANSWERS",
           result.text);
    *code = result.same ? EDY_EXIT_OK : EDY_EXIT_WRONG;
    return EDY_OK;
}

static edy_status serve(const edy_args *args, engines *e, edy_error *err) {
    const edy_clock clock = edy_clock_system();
    edy_status st =
        edy_args_given(args, "library") ? open_other(args, e, err) : open_own(args, e, err);
    if (st)
        return st;
    return edy_peer_serve(e->own ? e->own : e->other, &clock, stdin, stdout, err);
}

static int run(const edy_args *args) {
    edy_error err;
    engines e = {.graph = NULL};
    int code = EDY_EXIT_OK;
    edy_status st = EDY_OK;
    if (edy_args_flag(args, "check") && !edy_args_given(args, "library"))
        st = edy_fail(&err, EDY_BAD_ARGUMENT, "--check needs --library");
    else if (edy_args_flag(args, "check"))
        st = check(args, &e, &code, &err);
    else
        st = serve(args, &e, &err);
    if (st)
        code = edy_verb_fail(args, &err);
    edy_peer_destroy(e.other);
    edy_peer_destroy(e.own);
    edy_graph_destroy(e.graph);
    edy_catalog_close(&e.catalog);
    return code;
}

const edy_verb edy_verb_peer = {
    .name = "peer",
    .summary = "serve one engine, edyno or ONNX Runtime, to edyno ab",
    .usage = usage,
    .example = {"echo \"go 100000000\" | edyno peer simplecnn",
                "echo \"go 100000000\" | edyno peer simplecnn --backend scalar --threads 2",
                "echo \"go 100000000\" | edyno peer simplecnn --variant int8 --batch 8"},
    .opts = opts,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};

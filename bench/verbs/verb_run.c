/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* edyno run: how fast is this machine, and were the answers that were timed right? */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/env.h"
#include "bench/profile.h"
#include "bench/run_output.h"
#include "bench/run_suite.h"
#include "bench/verbs/verb_common.h"
#include "bench/verbs/verb_run_profile.h"
#include "bench/verbs/verbs.h"

static const char *const usage[] = {"[WORKLOAD|MODEL.onnx ...] [OPTIONS]",
                                    "WORKLOAD|MODEL.onnx ... --profile [OPTIONS]", NULL};

static const edy_opt opts[] = {
    EDY_ROW_BACKENDS,
    {.name = "variant",
     .kind = EDY_OPT_LIST,
     .argument = "V,..|all",
     .fallback = "all",
     .help = "variants of the workloads"},
    EDY_ROW_GROUP,
    {.name = "threads",
     .letter = 't',
     .kind = EDY_OPT_INTEGERS,
     .argument = "N,..",
     .low = 1,
     .high = EDY_MAX_THREADS,
     .help = "thread counts [1, and 2 on two cores or more]"},
    {.name = "batch",
     .kind = EDY_OPT_INTEGER,
     .argument = "N",
     .low = 1,
     .high = 1024,
     .help = "images in one inference [the model's, mostly 1]"},
    {.name = "data",
     .kind = EDY_OPT_STRING,
     .argument = "D",
     .help = "data set, idx or CIFAR file, folder or list of images"},
    {.name = "preprocess",
     .kind = EDY_OPT_STRING,
     .argument = "KEY=VALUE,..",
     .help = "pad, resize, crop, scale, mean, std, channel_order"},
    {.name = "min-time",
     .kind = EDY_OPT_SECONDS,
     .argument = "SECONDS",
     .fallback = "1",
     .low = 0,
     .high = 3600,
     .help = "timed part of a case, at least"},
    {.name = "repetitions",
     .kind = EDY_OPT_INTEGER,
     .argument = "N",
     .fallback = "5",
     .low = 1,
     .high = EDY_MAX_REPETITIONS,
     .help = "blocks that the timed part is taken in"},
    {.name = "quick",
     .kind = EDY_OPT_FLAG,
     .help = "0.1 s in 3 repetitions, accuracy on fewer images"},
    {.name = "seed",
     .kind = EDY_OPT_INTEGER,
     .argument = "S",
     .fallback = "1",
     .low = 0,
     .high = INT64_C(9007199254740992),
     .help = "of synthetic inputs"},
    {.name = "profile",
     .kind = EDY_OPT_FLAG,
     .help = "time of each step and share of the peak, instead"},
    {.name = "runs",
     .kind = EDY_OPT_INTEGER,
     .argument = "N",
     .low = EDY_PROFILE_FEWEST_RUNS,
     .high = EDY_PROFILE_MOST_RUNS,
     .help = "of a profile, which takes medians [about 1 s]"},
    {.name = "json",
     .kind = EDY_OPT_STRING,
     .argument = "FILE",
     .help = "the profile's figures, for programs"},
    {.name = "no-pin", .kind = EDY_OPT_FLAG, .help = "do not bind threads to cores"},
    {.name = "out",
     .letter = 'o',
     .kind = EDY_OPT_STRING,
     .argument = "DIR",
     .help = "folder for results.json, report.html, plots, ..."},
    {.name = "format",
     .kind = EDY_OPT_ENUM,
     .choices = "console|json|csv|markdown",
     .fallback = "console",
     .help = "what is printed"},
    EDY_ROW_LIMITS,
    EDY_ROW_WORKLOADS_DIR,
    {.name = NULL},
};

/* ---- What to run ----------------------------------------------------------------------------- */

/* A workload that is named twice runs once. */
static bool named_before(const edy_args *args, const edy_catalog *catalog, size_t index,
                         const edy_workload *workload) {
    const edy_workload *other = NULL;
    for (size_t i = 0; i < index; i++)
        if (!edy_catalog_chosen(args, catalog, i, &other, NULL) &&
            (other == workload ||
             strcmp(other->variant[0].model_path, workload->variant[0].model_path) == 0))
            return true;
    return false;
}

static edy_status fill_suite(const edy_args *args, const edy_catalog *catalog, edy_suite *suite,
                             edy_error *err) {
    edy_status status = edy_catalog_check_variants(args, catalog, err);
    for (size_t i = 0; i < edy_catalog_chosen_count(args, catalog) && !status; i++) {
        const edy_workload *w = NULL;
        status = edy_catalog_chosen(args, catalog, i, &w, err);
        if (status || named_before(args, catalog, i, w))
            continue;
        for (size_t v = 0; v < w->n_variants && !status; v++)
            if (edy_verb_wants_variant(args, w, w->variant[v].name))
                status = edy_suite_add(suite, w, &w->variant[v], err);
    }
    return status;
}

/* ---- How to run ------------------------------------------------------------------------------ */

/* Each thread count once; without --threads 1, and 2 where there are two cores. */
static size_t choose_threads(const edy_args *args, int64_t cores, int64_t out[EDY_MAX_LIST]) {
    static const int64_t fallback[] = {1, 2};
    const int64_t *asked = fallback;
    size_t n = cores >= 2 ? 2 : 1, kept = 0;
    if (edy_args_given(args, "threads"))
        n = edy_args_integers(args, "threads", &asked);
    for (size_t i = 0; i < n; i++) {
        bool twice = false;
        for (size_t k = 0; k < kept; k++)
            twice = twice || out[k] == asked[i];
        if (!twice)
            out[kept++] = asked[i];
    }
    return kept;
}

static edy_sampler_options choose_sampling(const edy_args *args) {
    const bool quick = edy_args_flag(args, "quick");
    edy_sampler_options o = edy_sampler_defaults();
    o.min_time_s = edy_args_seconds(args, "min-time");
    o.repetitions = edy_args_integer(args, "repetitions");
    if (quick && !edy_args_given(args, "min-time"))
        o.min_time_s = 0.1;
    if (quick && !edy_args_given(args, "repetitions"))
        o.repetitions = 3;
    if (quick)
        o.warmup_s = 0.02;
    o.max_time_s = 10 * o.min_time_s + 1;
    return o;
}

static void describe_run(const edy_args *args, const edy_clock *clock, bool pinned,
                         edy_context *context) {
    edy_env_context("", clock, context);
    snprintf(context->command, sizeof context->command, "%s", edy_args_command(args));
    context->seed = edy_args_integer(args, "seed");
    context->pinned = pinned;
}

/* A line on stderr that is overwritten; nothing where that is no terminal. */
static void show_progress(void *context, size_t done, size_t total, double left_s,
                          const char *name) {
    (void)context;
    if (!isatty(STDERR_FILENO))
        return;
    fputs("\r\033[K", stderr);
    if (!name)
        return;
    fprintf(stderr, "[%zu/%zu] %.50s", done, total, name);
    if (left_s >= 0)
        fprintf(stderr, "  about %.0f s left", left_s);
    fflush(stderr);
}

/* The path of this program, for the process that measures memory; NULL where it is unknown. */
static const char *own_path(char *path, size_t size) {
    const ssize_t n = readlink("/proc/self/exe", path, size - 1);
    if (n <= 0)
        return NULL;
    path[n] = '\0';
    return path;
}

/* ---- The verb -------------------------------------------------------------------------------- */

static edy_status run_and_write(const edy_args *args, const edy_suite *suite,
                                const edy_run_setup *setup, edy_results *results, edy_error *err) {
    const char *directory = edy_args_string(args, "out");
    edy_journal *journal = NULL;
    edy_status status = EDY_OK;
    if (directory)
        status = edy_output_open(directory, &results->context, &journal, err);
    if (!status)
        status = edy_suite_run(suite, setup, journal, show_progress, NULL, results, err);
    results->complete = !status;
    const edy_status closed = edy_journal_close(journal, results->complete, status ? NULL : err);
    status = status ? status : closed;
    if (status)
        return status;
    status = edy_output_print(results, edy_args_enum(args, "format"), stdout, err);
    const edy_status written =
        directory ? edy_output_write(results, directory, status ? NULL : err) : EDY_OK;
    if (directory && !written)
        fprintf(stderr, "edyno run: results are in %s\n", directory);
    return status ? status : written;
}

static edy_status run_suite(const edy_args *args, const edy_suite *suite, int *code,
                            edy_error *err) {
    const edy_clock clock = edy_clock_system();
    char path[4096];
    edy_results *results = NULL;
    edy_run_setup setup = {.clock = &clock,
                           .sampler = choose_sampling(args),
                           .program = own_path(path, sizeof path),
                           .peak_rss_s = 60,
                           .seed = edy_args_integer(args, "seed")};
    edy_status status = edy_results_create(&results, err);
    if (status)
        return status;
    if (!edy_args_flag(args, "no-pin"))
        edy_pinning_create(NULL, &setup.pinning, NULL); /* without it records say "unpinned" */
    describe_run(args, &clock, setup.pinning != NULL, &results->context);
    setup.emulated = results->context.emulated;
    status = run_and_write(args, suite, &setup, results, err);
    if (!status)
        *code = edy_suite_exit_code(results);
    if (!status && *code == EDY_EXIT_NOT_COMPARABLE)
        fprintf(stderr, "edyno run: mistrusted answers, neither right nor wrong: exit %d\n", *code);
    edy_pinning_destroy(setup.pinning);
    edy_results_destroy(results);
    return status;
}

static int64_t core_count(void) {
    edy_context context;
    edy_context_init(&context);
    edy_env_topology(NULL, &context);
    return context.cores;
}

static int run(const edy_args *args) {
    edy_error err;
    if (edy_args_flag(args, "profile"))
        return edy_verb_run_profile(args);
    if (edy_verb_run_refuse_profile_options(args, &err))
        return edy_verb_fail(args, &err);
    int64_t threads[EDY_MAX_LIST];
    const edy_backend *backends[EDY_MAX_BACKENDS];
    edy_suite_options options = {.backend = backends,
                                 .threads = threads,
                                 .batch = edy_args_integer(args, "batch"),
                                 .data = edy_args_string(args, "data"),
                                 .preprocess = edy_args_string(args, "preprocess"),
                                 .seed = edy_args_integer(args, "seed"),
                                 .accuracy_s = edy_args_flag(args, "quick") ? 0.5 : 6};
    edy_catalog catalog;
    edy_suite *suite = NULL;
    int code = EDY_EXIT_USAGE;
    if (edy_verb_backends(args, backends, &options.n_backends, &err) ||
        edy_catalog_open(args, &catalog, &err))
        return edy_verb_fail(args, &err);
    options.share = catalog.share;
    options.n_threads = choose_threads(args, core_count(), threads);
    edy_status status = edy_suite_create(&options, &suite, &err);
    status = status ? status : fill_suite(args, &catalog, suite, &err);
    if (!status && edy_suite_cases(suite) == 0) {
        fprintf(stderr, "edyno run: no case to run: no workload has what was asked for\n");
        code = EDY_EXIT_NOTHING_RAN;
    } else {
        status = status ? status : run_suite(args, suite, &code, &err);
    }
    if (status)
        code = edy_verb_fail(args, &err);
    edy_suite_destroy(suite);
    edy_catalog_close(&catalog);
    return code;
}

const edy_verb edy_verb_run = {
    .name = "run",
    .summary = "measure latency, memory and accuracy, and check the answers timed",
    .usage = usage,
    .example = {"edyno run simplecnn --quick", "edyno run simplecnn --profile",
                "edyno run --quick --out results/quick --format markdown"},
    .opts = opts,
    .max_operands = -1,
    .run = run,
};

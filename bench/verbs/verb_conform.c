/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* edyno conform: is what this machine computes right? Models here, kernels in
 * verb_conform_kernels.c. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/conform.h"
#include "bench/verbs/verb_common.h"
#include "bench/verbs/verb_conform.h"
#include "bench/verbs/verbs.h"

static const char *const usage[] = {
    "[WORKLOAD|MODEL.onnx ...] [OPTIONS]", "--kernels [OPTIONS]",      "--onnx-tests DIR [OPTIONS]",
    "--mlperf-tiny DIR [OPTIONS]",         "repro-HASH [--backend B]", NULL};

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
     .fallback = "1,2",
     .low = 1,
     .high = EDY_MAX_THREADS,
     .help = "thread counts"},
    {.name = "batch",
     .kind = EDY_OPT_INTEGERS,
     .argument = "N,..",
     .fallback = "1,5",
     .low = 1,
     .high = 1024,
     .help = "batch sizes; every image at every place"},
    {.name = "images",
     .kind = EDY_OPT_INTEGER,
     .argument = "N",
     .fallback = "1000",
     .low = 1,
     .high = 10000000,
     .help = "judge the class of so many test images"},
    {.name = "full",
     .kind = EDY_OPT_FLAG,
     .help = "judge every test image; --kernels: large layers too"},
    {.name = "seed",
     .kind = EDY_OPT_INTEGER,
     .argument = "S",
     .fallback = "1",
     .low = 0,
     .high = INT64_MAX,
     .help = "of synthetic inputs (models without golden, --kernels)"},
    {.name = "format",
     .kind = EDY_OPT_ENUM,
     .choices = "console|json",
     .fallback = "console",
     .help = "how to print"},
    {.name = "golden",
     .kind = EDY_OPT_LIST,
     .argument = "IN,..,OUT,..",
     .help = "right answers for MODEL.onnx: .npy, .pb or raw files"},
    {.name = "oracle",
     .kind = EDY_OPT_STRING,
     .argument = "LIBRARY",
     .help = "libonnxruntime.so computes them for MODEL.onnx"},
    {.name = "repro",
     .kind = EDY_OPT_STRING,
     .argument = "DIR|none",
     .fallback = ".",
     .help = "where a failure leaves a folder that replays it"},
    {.name = "kernels", .kind = EDY_OPT_FLAG, .help = "walk every kernel instead of models"},
    {.name = "kernel",
     .kind = EDY_OPT_STRING,
     .argument = "PATTERN",
     .help = "--kernels: only families or kernels of this name, * allowed"},
    {.name = "shapes",
     .kind = EDY_OPT_LIST,
     .argument = "FILE|NET,..",
     .help = "--kernels: problem files; default: all shapes_*.txt"},
    {.name = "problem",
     .kind = EDY_OPT_STRING,
     .argument = "LINE",
     .help = "--kernels: one line of such a file, e.g. of a failure"},
    {.name = "fill",
     .kind = EDY_OPT_ENUM,
     .choices = "all|exact|one-signed|realistic|extreme",
     .fallback = "all",
     .help = "--kernels: how tensors are filled"},
    {.name = "cases",
     .kind = EDY_OPT_INTEGER,
     .argument = "N",
     .fallback = "200",
     .low = 0,
     .high = 10000000,
     .help = "--kernels: random shapes a family"},
    {.name = "bench", .kind = EDY_OPT_FLAG, .help = "--kernels: time each case's call too"},
    {.name = "detect",
     .kind = EDY_OPT_FLAG,
     .help = "--kernels: how often faults put in are caught, and no walk"},
    {.name = "inherited",
     .kind = EDY_OPT_FLAG,
     .help = "--kernels: also walk what a backend has from scalar"},
    {.name = "onnx-tests",
     .kind = EDY_OPT_STRING,
     .argument = "DIR",
     .help = "run ONNX's backend tests (Debian: libonnx-testdata)"},
    {.name = "case",
     .kind = EDY_OPT_STRING,
     .argument = "PATTERN",
     .help = "--onnx-tests, --mlperf-tiny: only cases of this name, * allowed"},
    {.name = "profile",
     .kind = EDY_OPT_STRING,
     .argument = "FILE",
     .help = "--onnx-tests: instead of workloads/onnx_profile.txt"},
    {.name = "mlperf-tiny",
     .kind = EDY_OPT_STRING,
     .argument = "DIR",
     .help = "judge MLPerf Tiny's models by the goldens in DIR"},
    {.name = "cifar10",
     .kind = EDY_OPT_STRING,
     .argument = "FILE",
     .help = "--mlperf-tiny: images; default: DIR/../cifar10/test1000.bin"},
    {.name = "in-process", .kind = EDY_OPT_FLAG, .help = "no child process a case (for debuggers)"},
    EDY_ROW_LIMITS,
    EDY_ROW_WORKLOADS_DIR,
    {.name = NULL},
};

/* A line on stderr that is overwritten; nothing where that is no terminal. */
static void show_case(void *context, const char *name) {
    (void)context;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K%s", name);
}

static void clear_line(void) {
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
}

static edy_status judge_workload(const edy_args *args, const edy_workload *w,
                                 const edy_conform_options *options, edy_conform_table *table,
                                 edy_error *err) {
    edy_status st = EDY_OK;
    for (size_t i = 0; i < w->n_variants && !st; i++)
        if (edy_verb_wants_variant(args, w, w->variant[i].name))
            st = edy_conform_variant(w, &w->variant[i], options, table, err);
    return st;
}

/* Names first: a wrong one must not wait for cases. */
static edy_status judge_all(const edy_args *args, const edy_catalog *catalog,
                            const edy_conform_options *options, edy_conform_table *table,
                            edy_error *err) {
    const size_t n = edy_catalog_chosen_count(args, catalog);
    const edy_workload *w = NULL;
    edy_status st = edy_catalog_check_variants(args, catalog, err);
    for (size_t i = 0; i < n && !st; i++)
        st = edy_catalog_chosen(args, catalog, i, &w, err);
    for (size_t i = 0; i < n && !st; i++) {
        st = edy_catalog_chosen(args, catalog, i, &w, err);
        st = st ? st : judge_workload(args, w, options, table, err);
    }
    return st;
}

/* Says why an exit code is neither "all right" nor one that a row explains. */
static void explain(int code, const edy_conform_table *table) {
    if (code == EDY_EXIT_NOT_COMPARABLE)
        fprintf(stderr, "edyno conform: %zu of %zu cases are mistrusted, neither right nor wrong\n",
                edy_conform_count(table, EDY_VERDICT_MISTRUSTED), table->n);
    if (code == EDY_EXIT_NOTHING_RAN)
        fprintf(stderr, "edyno conform: nothing was judged\n");
}

/* Right answers for one model of the user's. */
static edy_status take_answers(const edy_args *args, edy_conform_options *options, edy_error *err) {
    const bool golden = edy_args_given(args, "golden"), oracle = edy_args_given(args, "oracle");
    if (!golden && !oracle)
        return EDY_OK;
    if (golden && oracle)
        return edy_fail(err, EDY_BAD_ARGUMENT, "--golden and --oracle exclude each other");
    bool own = edy_args_operand_count(args) >= 1;
    for (size_t i = 0; i < edy_args_operand_count(args); i++)
        own = own && edy_workload_is_path(edy_args_operand(args, i));
    if (!own || (golden && edy_args_operand_count(args) != 1))
        return edy_fail(err, EDY_BAD_ARGUMENT, "--%s is for %s given as MODEL.onnx",
                        golden ? "golden" : "oracle", golden ? "one model" : "models");
    if (golden)
        options->n_golden = edy_args_list(args, "golden", &options->golden);
    options->oracle = edy_args_string(args, "oracle");
    return EDY_OK;
}

static size_t images_of(const edy_args *args) {
    return edy_args_flag(args, "full") ? 0 : (size_t)edy_args_integer(args, "images");
}

static int run(const edy_args *args) {
    edy_error err;
    edy_catalog catalog;
    edy_conform_table table = {.row = NULL};
    const edy_backend *backends[EDY_MAX_BACKENDS];
    edy_conform_options options = {.backend = backends,
                                   .images = images_of(args),
                                   .in_process = edy_args_flag(args, "in-process"),
                                   .seed = (uint64_t)edy_args_integer(args, "seed"),
                                   .on_begin = show_case};
    options.n_threads = edy_args_integers(args, "threads", &options.threads);
    options.n_batches = edy_args_integers(args, "batch", &options.batch);
    if (edy_args_flag(args, "kernels"))
        return edy_verb_conform_kernels(args);
    if (edy_verb_conform_refuse_kernel_options(args, &err))
        return edy_verb_fail(args, &err);
    if (edy_args_given(args, "onnx-tests"))
        return edy_verb_conform_onnx(args);
    if (edy_args_given(args, "mlperf-tiny"))
        return edy_verb_conform_tiny(args);
    if (edy_verb_conform_is_replay(args))
        return edy_verb_conform_replay(args);
    if (edy_verb_conform_refuse_onnx_options(args, &err) || take_answers(args, &options, &err) ||
        edy_verb_backends(args, backends, &options.n_backends, &err) ||
        edy_catalog_open(args, &catalog, &err))
        return edy_verb_fail(args, &err);
    options.share = catalog.share;
    if (strcmp(edy_args_string(args, "repro"), "none") != 0)
        options.repro = edy_args_string(args, "repro");
    edy_status st = judge_all(args, &catalog, &options, &table, &err);
    clear_line();
    int code = EDY_EXIT_USAGE;
    if (st) {
        edy_verb_fail(args, &err);
    } else if (strcmp(edy_args_enum(args, "format"), "json") == 0) {
        if (edy_conform_print_json(&table, stdout))
            code = edy_conform_exit_code(&table);
    } else {
        edy_conform_print(&table, stdout);
        code = edy_conform_exit_code(&table);
    }
    explain(code, &table);
    edy_conform_table_free(&table);
    edy_catalog_close(&catalog);
    return code;
}

const edy_verb edy_verb_conform = {
    .name = "conform",
    .summary = "check this machine's answers against goldens",
    .usage = usage,
    .example = {"edyno conform", "edyno conform simplecnn --backend scalar --threads 1",
                "edyno conform --kernels --kernel 's8_gemm_*'"},
    .opts = opts,
    .max_operands = -1,
    .run = run,
};

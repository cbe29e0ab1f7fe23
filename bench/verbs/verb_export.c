/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* edyno export: any workload as one ONNX file, for other runtimes. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/verbs/verb_common.h"
#include "bench/verbs/verbs.h"
#include "engine/export/onnx_export.h"

static const char *const usage[] = {"MODEL|WORKLOAD -o OUT.onnx [--variant V]", NULL};

static const edy_opt opts[] = {
    {.name = "output",
     .letter = 'o',
     .kind = EDY_OPT_STRING,
     .argument = "OUT.onnx",
     .help = "file to write: opset 13, weights inside"},
    EDY_ROW_VARIANT,
    EDY_ROW_LIMITS,
    EDY_ROW_WORKLOADS_DIR,
    {.name = NULL},
};

/* Refused, or a slip would replace a model by its copy. */
static edy_status check_output(const char *out, const edy_variant *variant, edy_error *err) {
    struct stat a, b;
    if (stat(out, &b) == 0 && stat(variant->model_path, &a) == 0 && a.st_dev == b.st_dev &&
        a.st_ino == b.st_ino)
        return edy_fail(err, EDY_BAD_ARGUMENT, "--output %.300s is the model itself", out);
    return EDY_OK;
}

static void print_summary(const char *out, const edy_workload *workload, const edy_variant *variant,
                          const edy_graph *graph) {
    struct stat info;
    printf("%s: %lld bytes, %s/%s, %.2f M multiply-accumulates, %.3f M parameters\n", out,
           stat(out, &info) == 0 ? (long long)info.st_size : -1, workload->name, variant->name,
           (double)edy_graph_macs(graph) * 1e-6, (double)edy_graph_parameters(graph) * 1e-6);
}

static int run(const edy_args *args) {
    edy_error err;
    edy_catalog catalog = {.workloads = NULL};
    const edy_workload *workload = NULL;
    const edy_variant *variant = NULL;
    edy_graph *graph = NULL;
    const char *out = edy_args_string(args, "output");
    edy_status st = EDY_OK;
    if (!out)
        st = edy_fail(&err, EDY_BAD_ARGUMENT, "--output is missing; usage: edyno export %s",
                      usage[0]);
    st = st ? st : edy_catalog_open(args, &catalog, &err);
    st =
        st ? st
           : edy_catalog_graph(&catalog, edy_args_operand(args, 0),
                               edy_args_string(args, "variant"), &workload, &variant, &graph, &err);
    st = st ? st : check_output(out, variant, &err);
    st = st ? st : edy_onnx_export(graph, out, &err);
    if (!st)
        print_summary(out, workload, variant, graph);
    edy_graph_destroy(graph);
    edy_catalog_close(&catalog);
    return st ? edy_verb_fail(args, &err) : EDY_EXIT_OK;
}

const edy_verb edy_verb_export = {
    .name = "export",
    .summary = "write a workload as an ONNX file",
    .usage = usage,
    .example = {"edyno export resnet8_32 -o resnet8_32.onnx",
                "edyno export resnet8_32 --variant int8 -o resnet8_32.int8.onnx",
                "edyno export simplecnn -o copy.onnx"},
    .opts = opts,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};

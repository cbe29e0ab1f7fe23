/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* edyno infer: raw tensors in, raw tensors out. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/layer_dump.h"
#include "bench/raw_files.h"
#include "bench/verbs/verb_common.h"
#include "bench/verbs/verbs.h"
#include "engine/plan.h"

static const char *const usage[] = {
    "MODEL|WORKLOAD -i IN.bin[,IN2.bin] -o OUT.bin[,OUT2.bin] [OPTIONS]", NULL};

static const edy_opt opts[] = {
    {.name = "input",
     .letter = 'i',
     .kind = EDY_OPT_LIST,
     .argument = "IN.bin,..",
     .help = "a file an input: raw little-endian samples, end to end"},
    {.name = "output",
     .letter = 'o',
     .kind = EDY_OPT_LIST,
     .argument = "OUT.bin,..",
     .help = "a file an output, in the same form"},
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
     .help = "samples a run; without it the model's own"},
    {.name = "dump-layers",
     .kind = EDY_OPT_STRING,
     .argument = "DIR",
     .help = "new folder for every layer's values, with index.json"},
    EDY_ROW_LIMITS,
    EDY_ROW_WORKLOADS_DIR,
    {.name = NULL},
};

typedef struct inference {
    edy_catalog catalog;
    edy_graph *graph;
    edy_threads *pool;
    edy_plan *plan;
    edy_raw_reader *reader;
    edy_raw_writer *writer;
    edy_layer_dump *dump;
} inference;

static void release(inference *f) {
    edy_layer_dump_discard(f->dump);
    edy_raw_writer_discard(f->writer);
    edy_raw_reader_close(f->reader);
    edy_plan_destroy(f->plan);
    edy_threads_destroy(f->pool);
    edy_graph_destroy(f->graph);
    edy_catalog_close(&f->catalog);
}

static edy_status make_plan(const edy_args *args, inference *f, edy_error *err) {
    const edy_workload *workload = NULL;
    const edy_variant *variant = NULL;
    edy_plan_options options = {.batch = edy_args_integer(args, "batch"),
                                .keep_values = edy_args_given(args, "dump-layers")};
    edy_status st = edy_verb_backend(args, &options.backend, err);
    st = st ? st : edy_catalog_open(args, &f->catalog, err);
    st = st ? st
            : edy_catalog_graph(&f->catalog, edy_args_operand(args, 0),
                                edy_args_string(args, "variant"), &workload, &variant, &f->graph,
                                err);
    if (!st)
        st = edy_threads_create((unsigned)edy_args_integer(args, "threads"), NULL, NULL, &f->pool,
                                err);
    options.threads = f->pool;
    edy_error inner;
    if (!st && edy_plan_create(f->graph, &options, &f->plan, &inner))
        st = edy_fail(err, inner.code, "%.120s: %.270s", variant->model_path, inner.message);
    return st;
}

static edy_status open_files(const edy_args *args, inference *f, edy_error *err) {
    const char *const *in, *const *out;
    const size_t n_in = edy_args_list(args, "input", &in);
    const size_t n_out = edy_args_list(args, "output", &out);
    const char *dir = edy_args_string(args, "dump-layers");
    edy_status st = edy_raw_reader_open(f->plan, in, n_in, &f->reader, err);
    st = st ? st : edy_raw_writer_open(f->plan, out, n_out, &f->writer, err);
    if (st || !dir)
        return st;
    return edy_layer_dump_open(f->plan, dir, &f->dump, err);
}

/* Batch by batch. The last one is filled up with what it holds already; what comes of that is not
 * written. */
static edy_status run_all(inference *f, edy_error *err) {
    const size_t samples = edy_raw_reader_samples(f->reader);
    const size_t batch = (size_t)edy_plan_input(f->plan, 0)->shape.dim[0];
    edy_status st = EDY_OK;
    for (size_t first = 0; first < samples && !st; first += batch) {
        const size_t n = samples - first < batch ? samples - first : batch;
        st = edy_raw_reader_next(f->reader, n, err);
        if (st)
            break;
        edy_plan_run(f->plan, edy_raw_reader_data(f->reader), edy_raw_writer_data(f->writer));
        st = edy_raw_writer_put(f->writer, n, err);
        if (!st && f->dump)
            st = edy_layer_dump_add(f->dump, n, err);
    }
    if (!st && f->dump)
        st = edy_layer_dump_finish(f->dump, err);
    return st ? st : edy_raw_writer_finish(f->writer, err);
}

static void print_port(const char *kind, const edy_plan_port *port, const char *path) {
    edy_shape one = port->shape;
    if (one.rank > 0)
        one.dim[0] = 1;
    char shape[80];
    printf("%-6s  %-16s %-8s %-16s %s\n", kind, port->name, edy_dtype_text(port->dtype),
           edy_shape_text(&one, shape, sizeof shape), path);
}

static void print_summary(const edy_args *args, const inference *f) {
    const char *const *in, *const *out;
    edy_args_list(args, "input", &in);
    edy_args_list(args, "output", &out);
    for (int32_t i = 0; i < edy_plan_input_count(f->plan); i++)
        print_port("input", edy_plan_input(f->plan, i), in[i]);
    for (int32_t i = 0; i < edy_plan_output_count(f->plan); i++)
        print_port("output", edy_plan_output(f->plan, i), out[i]);
    const int64_t threads = edy_args_integer(args, "threads");
    const int64_t batch = edy_plan_input(f->plan, 0)->shape.dim[0];
    const size_t samples = edy_raw_reader_samples(f->reader);
    printf("%zu sample%s, backend %s, %" PRId64 " thread%s, batch %" PRId64 "\n", samples,
           samples == 1 ? "" : "s", edy_plan_backend(f->plan)->name, threads,
           threads == 1 ? "" : "s", batch);
}

static int run(const edy_args *args) {
    edy_error err;
    inference f = {.graph = NULL};
    edy_status st = EDY_OK;
    if (!edy_args_given(args, "input") || !edy_args_given(args, "output"))
        st = edy_fail(&err, EDY_BAD_ARGUMENT, "needs --input and --output; usage: edyno infer %s",
                      usage[0]);
    st = st ? st : make_plan(args, &f, &err);
    st = st ? st : open_files(args, &f, &err);
    st = st ? st : run_all(&f, &err);
    int code = EDY_EXIT_OK;
    if (st)
        code = edy_verb_fail(args, &err);
    else
        print_summary(args, &f);
    release(&f);
    return code;
}

const edy_verb edy_verb_infer = {
    .name = "infer",
    .summary = "run a model on raw tensors from files",
    .usage = usage,
    .example = {"head -c 3136 /dev/zero > in.bin && edyno infer simplecnn -i in.bin -o out.bin",
                "head -c 9408 /dev/zero | edyno infer simplecnn -i /dev/stdin -o o --batch 3",
                "edyno infer simplecnn -i in.bin -o out.bin --dump-layers layers"},
    .opts = opts,
    .min_operands = 1,
    .max_operands = 1,
    .run = run,
};

/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/verbs/verb_run_profile.h"

#include <string.h>

#include "bench/env.h"
#include "bench/pin.h"
#include "bench/profile.h"
#include "bench/run_case.h"
#include "bench/verbs/verb_common.h"

/* What all profiles of a call share. Without --backend, --variant and --threads a profile is of the
 * best backend, the first variant and one thread. */
typedef struct profiling {
    const edy_args *args;
    edy_clock clock;
    edy_catalog catalog;
    edy_pinning *pinning; /* NULL: not bound */
    edy_profile_file *file;
    const edy_backend *backend[EDY_MAX_BACKENDS];
    edy_peaks peaks[EDY_MAX_BACKENDS]; /* measured once a backend */
    size_t n_backends;
    const int64_t *threads;
    size_t n_threads, done;
} profiling;

edy_status edy_verb_run_refuse_profile_options(const edy_args *args, edy_error *err) {
    static const char *const only[] = {"runs", "json"};
    for (size_t i = 0; i < sizeof only / sizeof only[0]; i++)
        if (edy_args_given(args, only[i]))
            return edy_fail(err, EDY_BAD_ARGUMENT, "--%s needs --profile", only[i]);
    return EDY_OK;
}

static edy_status refuse_others(const edy_args *args, edy_error *err) {
    static const char *const other[] = {"data",  "preprocess", "min-time", "repetitions",
                                        "quick", "out",        "format"};
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
        if (edy_args_given(args, other[i]))
            return edy_fail(err, EDY_BAD_ARGUMENT, "--%s says nothing to --profile", other[i]);
    if (edy_args_operand_count(args) == 0 && !edy_args_given(args, "group"))
        return edy_fail(err, EDY_BAD_ARGUMENT, "--profile needs a workload or a model");
    return EDY_OK;
}

/* ---- One profile ----------------------------------------------------------------------------- */

static edy_status profile_plan(profiling *f, edy_plan *plan, const edy_workload *w,
                               const edy_variant *v, size_t backend, unsigned threads,
                               edy_error *err) {
    const edy_profile_options options = {.clock = &f->clock,
                                         .peaks = f->peaks[backend],
                                         .threads = threads,
                                         .runs = (size_t)edy_args_integer(f->args, "runs"),
                                         .seed = (uint64_t)edy_args_integer(f->args, "seed")};
    edy_profile *profile = NULL;
    char title[128];
    edy_status st = edy_profile_measure(plan, &options, &profile, err);
    if (st)
        return st;
    snprintf(title, sizeof title, "%.60s/%.60s", w->name, v->name);
    if (f->done++ > 0)
        printf("\n");
    edy_profile_print(profile, title, stdout);
    if (f->file && !edy_profile_file_add(f->file, profile, w->name, v->name))
        st = edy_fail(err, EDY_NO_MEMORY, "no memory for the profile as JSON");
    edy_profile_destroy(profile);
    return st;
}

static edy_status profile_case(profiling *f, const edy_graph *graph, const edy_workload *w,
                               const edy_variant *v, size_t backend, int64_t threads,
                               edy_error *err) {
    edy_threads *pool = NULL;
    edy_plan *plan = NULL;
    edy_error inner;
    edy_status st = edy_run_pool(f->pinning, threads, &pool, err);
    const edy_plan_options options = {.backend = f->backend[backend],
                                      .threads = pool,
                                      .batch = edy_args_integer(f->args, "batch")};
    if (!st && edy_plan_create(graph, &options, &plan, &inner))
        st = edy_fail(err, inner.code, "%.120s: %.270s", v->model_path, inner.message);
    st = st ? st : profile_plan(f, plan, w, v, backend, (unsigned)threads, err);
    edy_plan_destroy(plan);
    edy_threads_destroy(pool);
    return st;
}

/* ---- All ------------------------------------------------------------------------------------- */

static edy_status profile_variant(profiling *f, const edy_workload *w, const edy_variant *v,
                                  const char *operand, edy_error *err) {
    const edy_workload *same = NULL;
    const edy_variant *chosen = NULL;
    edy_graph *graph = NULL;
    edy_status st = edy_catalog_graph(&f->catalog, operand, w->n_variants > 1 ? v->name : NULL,
                                      &same, &chosen, &graph, err);
    for (size_t b = 0; b < f->n_backends && !st; b++)
        for (size_t t = 0; t < f->n_threads && !st; t++)
            st = profile_case(f, graph, w, v, b, f->threads[t], err);
    edy_graph_destroy(graph);
    return st;
}

static edy_status profile_all(profiling *f, edy_error *err) {
    const bool named = edy_args_given(f->args, "variant");
    edy_status st = EDY_OK;
    for (size_t b = 0; b < f->n_backends; b++)
        f->peaks[b] = edy_peaks_measure(f->backend[b], &f->clock);
    for (size_t i = 0; i < edy_catalog_chosen_count(f->args, &f->catalog) && !st; i++) {
        const edy_workload *w = NULL;
        st = edy_catalog_chosen(f->args, &f->catalog, i, &w, err);
        for (size_t v = 0; !st && v < (named ? w->n_variants : 1); v++) {
            const char *operand =
                edy_args_operand_count(f->args) ? edy_args_operand(f->args, i) : w->name;
            if (!named || edy_verb_wants_variant(f->args, w, w->variant[v].name))
                st = profile_variant(f, w, &w->variant[v], operand, err);
        }
    }
    return st;
}

static edy_status prepare(profiling *f, edy_error *err) {
    static const int64_t one = 1;
    f->threads = &one;
    f->n_threads = 1;
    f->backend[0] = edy_backend_best();
    f->n_backends = 1;
    edy_status st = EDY_OK;
    if (edy_args_given(f->args, "backend"))
        st = edy_verb_backends(f->args, f->backend, &f->n_backends, err);
    if (edy_args_given(f->args, "threads"))
        f->n_threads = edy_args_integers(f->args, "threads", &f->threads);
    st = st ? st : edy_catalog_open(f->args, &f->catalog, err);
    st = st ? st : edy_catalog_check_variants(f->args, &f->catalog, err);
    if (!st && edy_args_given(f->args, "json") && !(f->file = edy_profile_file_create()))
        st = edy_fail(err, EDY_NO_MEMORY, "no memory for the profile as JSON");
    if (st)
        return st;
    if (!edy_args_flag(f->args, "no-pin") && !edy_pinning_create(NULL, &f->pinning, NULL))
        edy_pin_worker(f->pinning, 0);
    return EDY_OK;
}

int edy_verb_run_profile(const edy_args *args) {
    edy_error err;
    char how[64];
    profiling f = {.args = args, .clock = edy_clock_system()};
    edy_status st = refuse_others(args, &err);
    st = st ? st : prepare(&f, &err);
    const bool emulated = !st && edy_env_emulated("", how, sizeof how);
    if (!emulated)
        st = st ? st : profile_all(&f, &err);
    if (!st && !emulated && f.file)
        st = edy_profile_file_write(f.file, edy_args_string(args, "json"), &err);
    int code = st ? edy_verb_fail(args, &err) : EDY_EXIT_OK;
    if (emulated) {
        fprintf(stderr,
                "edyno run: no profile: instructions are emulated here (%s), times would be the "
                "emulator's\n",
                how);
        code = EDY_EXIT_NOT_COMPARABLE;
    } else if (!st && f.done == 0) {
        fprintf(stderr, "edyno run: no case to profile: no workload has what was asked for\n");
        code = EDY_EXIT_NOTHING_RAN;
    }
    if (f.pinning)
        edy_pin_restore(f.pinning);
    edy_pinning_destroy(f.pinning);
    edy_profile_file_destroy(f.file);
    edy_catalog_close(&f.catalog);
    return code;
}

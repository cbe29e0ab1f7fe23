/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Which cases there are, and the table that they make. */
#include "bench/conform.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/conform_case.h"
#include "datasets/synthetic.h"
#include "workloads/model_load.h"

enum { SYNTHETIC_SAMPLES = 2 };

/* One variant being judged. */
typedef struct session {
    const edy_workload *workload;
    const edy_variant *variant;
    const edy_conform_options *options;
    edy_conform_table *table;
    const char *suffix; /* of case names: "/set:1"; "" mostly */
    uint64_t bits;      /* of the backend's first case that gave any; 0: none yet */
    char bits_of[sizeof((edy_conform_case *)0)->name];
} session;

static edy_status append(const session *s, const edy_conform_case *c, edy_error *err) {
    edy_conform_table *t = s->table;
    if (t->n == t->capacity) {
        const size_t capacity = t->capacity ? 2 * t->capacity : 64;
        edy_conform_case *row = realloc(t->row, capacity * sizeof *row);
        if (!row)
            return edy_fail(err, EDY_NO_MEMORY, "out of memory for the verdicts");
        t->row = row;
        t->capacity = capacity;
    }
    t->row[t->n++] = *c;
    if (s->options->on_case)
        s->options->on_case(s->options->context, c);
    return EDY_OK;
}

/* A row a backend for what stops a variant before any case runs. */
static edy_status append_stopped(const session *s, edy_verdict verdict, const char *reason,
                                 edy_error *err) {
    edy_status st = EDY_OK;
    for (size_t b = 0; b < s->options->n_backends && !st; b++) {
        edy_conform_case c = {
            .result.verdict = verdict, .nodes.share = -1, .required = !s->workload->own_model};
        snprintf(c.name, sizeof c.name, "%.50s/%.30s/%.30s", s->workload->name, s->variant->name,
                 s->options->backend[b]->name);
        snprintf(c.result.reason, sizeof c.result.reason, "%s", reason);
        st = append(s, &c, err);
    }
    return st;
}

/* Threads and batch decide who computes and how much at once, never what. */
static void compare_bits(session *s, edy_conform_case *c) {
    if (!s->bits && c->bits) {
        s->bits = c->bits;
        memcpy(s->bits_of, c->name, sizeof s->bits_of);
    }
    if (!c->bits || c->bits == s->bits || c->result.verdict == EDY_VERDICT_FAIL)
        return;
    c->result.verdict = EDY_VERDICT_FAIL;
    snprintf(c->result.reason, sizeof c->result.reason,
             "the outputs have other bits than those of %s", s->bits_of);
}

static edy_status run_case(session *s, const edy_conform_job *job, edy_error *err) {
    edy_conform_case c = {.nodes.share = -1, .required = !s->workload->own_model};
    snprintf(c.name, sizeof c.name, "%.50s/%.30s/%.30s/threads:%" PRId64 "/batch:%" PRId64 "%.20s",
             s->workload->name, s->variant->name, job->backend->name, job->threads, job->batch,
             s->suffix);
    if (s->options->on_begin)
        s->options->on_begin(s->options->context, c.name);
    if (s->options->in_process)
        edy_conform_run(job, &c);
    else
        edy_conform_run_apart(job, &c);
    compare_bits(s, &c);
    return append(s, &c, err);
}

/* All backends, thread counts and batches against one golden. */
static edy_status run_golden(session *s, const edy_graph *graph, const edy_golden *golden,
                             edy_error *err) {
    const edy_conform_options *o = s->options;
    const size_t cases = o->n_threads * o->n_batches;
    edy_status st = EDY_OK;
    for (size_t i = 0; i < o->n_backends * cases && !st; i++) {
        const size_t k = i % cases;
        const edy_conform_job job = {.workload = s->workload,
                                     .graph = graph,
                                     .golden = golden,
                                     .backend = o->backend[i / cases],
                                     .threads = o->threads[k / o->n_batches],
                                     .batch = o->batch[k % o->n_batches],
                                     .nodes = k == 0,
                                     .classes = k == cases - 1,
                                     .images = o->images,
                                     .share = o->share,
                                     .repro = o->repro};
        s->bits = k == 0 ? 0 : s->bits;
        st = run_case(s, &job, err);
    }
    return st;
}

/* ---- Where the golden comes from ------------------------------------------------------------- */

/* A golden that is there but cannot be used, be it incomplete, damaged or another model's, is a
 * FAIL: a check must not end because one of its files was taken away. */
static edy_status stop_for(const session *s, edy_status why, const char *message, edy_error *err) {
    if (why == EDY_NO_MEMORY)
        return edy_fail(err, why, "%s", message);
    return append_stopped(s, why == EDY_UNSUPPORTED ? EDY_VERDICT_UNSUPPORTED : EDY_VERDICT_FAIL,
                          message, err);
}

static edy_status run_committed(session *s, const edy_graph *graph, edy_error *err) {
    edy_golden *golden = NULL;
    edy_error inner;
    edy_status st =
        edy_golden_read(s->variant->golden_dir, s->variant->model_path, &golden, &inner);
    if (st)
        return stop_for(s, st, inner.message, err);
    st =
        edy_golden_load_inputs(golden, graph, s->workload->sidecar_path, s->options->share, &inner);
    if (st == EDY_IO) /* the images are not on this machine */
        st = append_stopped(s, EDY_VERDICT_SKIP, inner.message, err);
    else
        st = st ? stop_for(s, st, inner.message, err) : run_golden(s, graph, golden, err);
    edy_golden_destroy(golden);
    return st;
}

static edy_status run_test_sets(session *s, const edy_graph *graph, size_t sets, edy_error *err) {
    edy_status st = EDY_OK;
    for (size_t i = 0; i < sets && !st; i++) {
        char suffix[32];
        snprintf(suffix, sizeof suffix, "/set:%zu", i);
        s->suffix = suffix;
        edy_golden *golden = NULL;
        edy_error inner;
        st = edy_golden_read_test_set(s->variant->model_path, i, graph, &golden, &inner);
        st = st ? stop_for(s, st, inner.message, err) : run_golden(s, graph, golden, err);
        edy_golden_destroy(golden);
    }
    s->suffix = "";
    return st;
}

/* Seeded inputs for every input of the graph; *inputs holds pointers that the caller frees. */
static edy_status synthetic_inputs(const edy_graph *graph, uint64_t seed, size_t samples,
                                   void *inputs[EDY_GOLDEN_PORTS], edy_error *err) {
    if (graph->n_inputs > EDY_GOLDEN_PORTS)
        return edy_fail(err, EDY_UNSUPPORTED, "a model of %d inputs", graph->n_inputs);
    for (int32_t i = 0; i < graph->n_inputs; i++) {
        const edy_value *v = &graph->value[graph->input[i]];
        const size_t elems = edy_shape_count(&v->shape) / (size_t)graph->batch;
        const size_t bytes = elems * edy_dtype_bytes(v->dtype);
        inputs[i] = malloc(samples * bytes);
        if (!inputs[i])
            return edy_fail(err, EDY_NO_MEMORY, "out of memory for inputs");
        for (size_t k = 0; k < samples; k++)
            edy_synthetic_fill(seed, (uint64_t)i, k, EDY_UNIFORM, v->dtype, elems,
                               (char *)inputs[i] + k * bytes);
    }
    return EDY_OK;
}

static edy_status run_mistrusted(session *s, const edy_graph *graph, edy_error *err) {
    void *inputs[EDY_GOLDEN_PORTS] = {NULL};
    edy_golden *golden = NULL;
    edy_error inner;
    const size_t samples = SYNTHETIC_SAMPLES * (size_t)graph->batch;
    edy_status st = synthetic_inputs(graph, s->options->seed, samples, inputs, &inner);
    st = st ? st
            : edy_golden_from_oracle(graph, (const void *const *)inputs, samples, &golden, &inner);
    st = st ? stop_for(s, st, inner.message, err) : run_golden(s, graph, golden, err);
    for (int32_t i = 0; i < EDY_GOLDEN_PORTS; i++)
        free(inputs[i]);
    edy_golden_destroy(golden);
    return st;
}

/* Files that the user named, or what the oracle gives now. A wrong command line ends the run. */
static edy_status run_given(session *s, const edy_graph *graph, edy_error *err) {
    const edy_conform_options *o = s->options;
    edy_golden *golden = NULL;
    edy_error inner;
    const size_t samples = SYNTHETIC_SAMPLES * (size_t)graph->batch;
    edy_status st = o->golden
                        ? edy_golden_from_files(graph, o->golden, o->n_golden, &golden, &inner)
                        : edy_golden_from_ort(graph, s->variant->model_path, o->oracle, o->seed,
                                              samples, &golden, &inner);
    if (st && st != EDY_UNSUPPORTED)
        return edy_fail(err, st, "%s", inner.message);
    st = st ? stop_for(s, st, inner.message, err) : run_golden(s, graph, golden, err);
    edy_golden_destroy(golden);
    return st;
}

edy_status edy_conform_variant(const edy_workload *workload, const edy_variant *variant,
                               const edy_conform_options *options, edy_conform_table *table,
                               edy_error *err) {
    session s = {
        .workload = workload, .variant = variant, .options = options, .table = table, .suffix = ""};
    edy_graph *graph = NULL;
    edy_error inner;
    edy_status st = edy_variant_load(variant, &graph, &inner);
    if (st == EDY_UNSUPPORTED)
        return append_stopped(&s, EDY_VERDICT_UNSUPPORTED, inner.message, err);
    if (st)
        return edy_fail(err, st, "%s", inner.message);
    const size_t sets = workload->own_model ? edy_golden_test_sets(variant->model_path) : 0;
    if (workload->own_model && (options->golden || options->oracle))
        st = run_given(&s, graph, err);
    else if (variant->golden_dir)
        st = run_committed(&s, graph, err);
    else if (sets)
        st = run_test_sets(&s, graph, sets, err);
    else
        st = run_mistrusted(&s, graph, err);
    edy_graph_destroy(graph);
    return st;
}

/* ---- The table ------------------------------------------------------------------------------- */

void edy_conform_table_free(edy_conform_table *table) {
    free(table->row);
    *table = (edy_conform_table){.row = NULL};
}

static void count_verdicts(const edy_conform_table *table, size_t count[EDY_VERDICT_COUNT]) {
    memset(count, 0, EDY_VERDICT_COUNT * sizeof *count);
    for (size_t i = 0; i < table->n; i++)
        count[table->row[i].result.verdict]++;
}

void edy_conform_closing_line(const edy_conform_table *table, char *text, size_t size) {
    size_t n[EDY_VERDICT_COUNT];
    count_verdicts(table, n);
    snprintf(text, size,
             "%zu passed, %zu failed, %zu unsupported, %zu crashed, %zu skipped, %zu mistrusted "
             "of %zu",
             n[EDY_VERDICT_PASS], n[EDY_VERDICT_FAIL] + n[EDY_VERDICT_NONE],
             n[EDY_VERDICT_UNSUPPORTED], n[EDY_VERDICT_CRASH], n[EDY_VERDICT_SKIP],
             n[EDY_VERDICT_MISTRUSTED], table->n);
}

void edy_conform_required_line(const edy_conform_table *table, char *text, size_t size) {
    size_t n[EDY_VERDICT_COUNT] = {0}, total = 0;
    for (size_t i = 0; i < table->n; i++) {
        n[table->row[i].result.verdict] += table->row[i].required;
        total += table->row[i].required;
    }
    const size_t other = n[EDY_VERDICT_SKIP] + n[EDY_VERDICT_MISTRUSTED];
    int at =
        snprintf(text, size, "required %zu: %zu passed, %zu failed, %zu unsupported, %zu crashed",
                 total, n[EDY_VERDICT_PASS], n[EDY_VERDICT_FAIL] + n[EDY_VERDICT_NONE],
                 n[EDY_VERDICT_UNSUPPORTED], n[EDY_VERDICT_CRASH]);
    if (other && at > 0 && (size_t)at < size)
        snprintf(text + at, size - (size_t)at, ", %zu not judged", other);
}

size_t edy_conform_count(const edy_conform_table *table, edy_verdict verdict) {
    size_t n[EDY_VERDICT_COUNT];
    count_verdicts(table, n);
    return n[verdict];
}

int edy_conform_exit_code(const edy_conform_table *table) {
    size_t n[EDY_VERDICT_COUNT];
    count_verdicts(table, n);
    if (n[EDY_VERDICT_FAIL] + n[EDY_VERDICT_CRASH] + n[EDY_VERDICT_NONE])
        return 1;
    if (n[EDY_VERDICT_PASS] + n[EDY_VERDICT_MISTRUSTED] == 0)
        return 5;
    return n[EDY_VERDICT_MISTRUSTED] ? 4 : 0;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/run_suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/verbs/verb.h"
#include "datasets/sha256.h"
#include "workloads/model_load.h"

/* One variant, read. */
typedef struct suite_item {
    const edy_workload *workload;
    const edy_variant *variant;
    edy_graph *graph;
    edy_feed *feed;
    char sha256[65];
    int64_t model_bytes;
} suite_item;

struct edy_suite {
    const edy_suite_options *options;
    suite_item *item;
    size_t n, capacity;
};

edy_status edy_suite_create(const edy_suite_options *options, edy_suite **suite, edy_error *err) {
    *suite = calloc(1, sizeof **suite);
    if (!*suite)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the suite");
    (*suite)->options = options;
    return EDY_OK;
}

static void clear_item(suite_item *item) {
    edy_feed_destroy(item->feed);
    edy_graph_destroy(item->graph);
}

void edy_suite_destroy(edy_suite *suite) {
    if (!suite)
        return;
    for (size_t i = 0; i < suite->n; i++)
        clear_item(&suite->item[i]);
    free(suite->item);
    free(suite);
}

static edy_status read_item(const edy_suite_options *o, suite_item *item, edy_error *err) {
    struct stat info;
    const char *path = item->variant->model_path;
    edy_status status = edy_variant_load(item->variant, &item->graph, err);
    if (!status)
        status = edy_sha256_file(path, item->sha256, err);
    if (status)
        return status;
    item->model_bytes = stat(path, &info) == 0 ? (int64_t)info.st_size : -1;
    const edy_feed_options feed = {.workload = item->workload,
                                   .variant = item->variant,
                                   .graph = item->graph,
                                   .batch = o->batch > 0 ? o->batch : item->graph->batch,
                                   .data = o->data,
                                   .preprocess = o->preprocess,
                                   .share = o->share,
                                   .seed = (uint64_t)o->seed};
    return edy_feed_create(&feed, &item->feed, err);
}

edy_status edy_suite_add(edy_suite *suite, const edy_workload *workload, const edy_variant *variant,
                         edy_error *err) {
    if (suite->n == suite->capacity) {
        const size_t capacity = suite->capacity ? 2 * suite->capacity : 8;
        suite_item *grown = realloc(suite->item, capacity * sizeof *grown);
        if (!grown)
            return edy_fail(err, EDY_NO_MEMORY, "no memory for %zu variants", capacity);
        suite->item = grown;
        suite->capacity = capacity;
    }
    suite_item item = {.workload = workload, .variant = variant};
    const edy_status status = read_item(suite->options, &item, err);
    if (status) {
        clear_item(&item);
        return status;
    }
    suite->item[suite->n++] = item;
    return EDY_OK;
}

size_t edy_suite_cases(const edy_suite *suite) {
    return suite->n * suite->options->n_backends * suite->options->n_threads;
}

/* ---- Running --------------------------------------------------------------------------------- */

typedef struct suite_run {
    const edy_suite *suite;
    const edy_run_setup *setup;
    edy_journal *journal;
    edy_progress_fn progress;
    void *progress_context;
    edy_results *results;
    int64_t start_ns;
} suite_run;

static void tell(const suite_run *r, const char *name) {
    const size_t done = r->results->n, total = edy_suite_cases(r->suite);
    const double spent = (double)(edy_now_ns(r->setup->clock) - r->start_ns) * 1e-9;
    const double left = done ? spent / (double)done * (double)(total - done) : NAN;
    if (r->progress)
        r->progress(r->progress_context, done, total, left, name);
}

static int64_t most_threads(const edy_suite_options *o) {
    int64_t most = 1;
    for (size_t i = 0; i < o->n_threads; i++)
        most = o->threads[i] > most ? o->threads[i] : most;
    return most;
}

/* A plan that cannot be made leaves n = 0: the cases then say why. */
static edy_status measure_accuracy(const suite_run *r, const suite_item *item,
                                   const edy_backend *backend, edy_accuracy *accuracy,
                                   edy_error *err) {
    edy_threads *pool = NULL;
    edy_plan *plan = NULL;
    *accuracy = (edy_accuracy){.n = 0, .top1 = NAN};
    if (r->setup->pinning)
        edy_pin_worker(r->setup->pinning, 0);
    edy_status status =
        edy_run_pool(r->setup->pinning, most_threads(r->suite->options), &pool, err);
    const edy_plan_options options = {
        .backend = backend, .threads = pool, .batch = (int64_t)item->feed->batch};
    if (!status && !edy_plan_create(item->graph, &options, &plan, NULL) &&
        !edy_feed_check(item->feed, plan, NULL))
        status = edy_feed_accuracy(item->feed, plan, r->setup->clock, r->suite->options->accuracy_s,
                                   accuracy, err);
    edy_plan_destroy(plan);
    edy_threads_destroy(pool);
    if (r->setup->pinning)
        edy_pin_restore(r->setup->pinning);
    return status;
}

static edy_status run_one(const suite_run *r, const edy_run_job *job, edy_error *err) {
    edy_record record;
    edy_status status = edy_run_case(r->setup, job, &record, err);
    if (!status && r->journal)
        status = edy_journal_append(r->journal, &record, err);
    if (!status)
        status = edy_results_add(r->results, &record, err);
    edy_record_clear(&record);
    return status;
}

static edy_status run_backend(const suite_run *r, const suite_item *item,
                              const edy_backend *backend, edy_error *err) {
    const edy_suite_options *o = r->suite->options;
    char name[EDY_NAME_BYTES * 3];
    edy_accuracy accuracy;
    snprintf(name, sizeof name, "%.100s/%.100s/%.100s", item->workload->name, item->variant->name,
             backend->name);
    tell(r, name);
    edy_status status = measure_accuracy(r, item, backend, &accuracy, err);
    for (size_t t = 0; t < o->n_threads && !status; t++) {
        const edy_run_job job = {.workload = item->workload,
                                 .variant = item->variant,
                                 .backend = backend,
                                 .threads = o->threads[t],
                                 .feed = item->feed,
                                 .accuracy = &accuracy,
                                 .model_sha256 = item->sha256,
                                 .model_bytes = item->model_bytes};
        tell(r, name);
        status = run_one(r, &job, err);
    }
    return status;
}

edy_status edy_suite_run(const edy_suite *suite, const edy_run_setup *setup, edy_journal *journal,
                         edy_progress_fn progress, void *progress_context, edy_results *results,
                         edy_error *err) {
    const suite_run r = {
        suite, setup, journal, progress, progress_context, results, edy_now_ns(setup->clock)};
    edy_status status = EDY_OK;
    for (size_t i = 0; i < suite->n && !status; i++)
        for (size_t b = 0; b < suite->options->n_backends && !status; b++)
            status = run_backend(&r, &suite->item[i], suite->options->backend[b], err);
    tell(&r, NULL);
    return status;
}

int edy_suite_exit_code(const edy_results *results) {
    size_t good = 0, mistrusted = 0;
    for (size_t i = 0; i < results->n; i++) {
        const edy_verdict v = results->records[i].verdict;
        if (v == EDY_VERDICT_FAIL || v == EDY_VERDICT_CRASH)
            return EDY_EXIT_WRONG;
        good += v == EDY_VERDICT_PASS;
        mistrusted += v == EDY_VERDICT_MISTRUSTED;
    }
    if (mistrusted)
        return EDY_EXIT_NOT_COMPARABLE;
    return good ? EDY_EXIT_OK : EDY_EXIT_NOTHING_RAN;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/run_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/counters.h"
#include "bench/memory.h"
#include "workloads/model_load.h"

/* What a case holds while it runs. */
typedef struct live_case {
    const edy_run_setup *setup;
    const edy_run_job *job;
    edy_record *record;
    edy_counters *counters;
    edy_threads *pool;
    edy_graph *graph;
    edy_plan *plan;
    const void *inputs[EDY_GOLDEN_PORTS];
    void *outputs[EDY_GOLDEN_PORTS];
    size_t first; /* sample with which the last inference's batch began */
} live_case;

edy_status edy_run_pool(edy_pinning *pinning, int64_t threads, edy_threads **pool, edy_error *err) {
    *pool = NULL;
    if (threads <= 1)
        return EDY_OK;
    return edy_threads_create((unsigned)threads, pinning ? edy_pin_worker : NULL, pinning, pool,
                              err);
}

/* The function that is timed: next batch of inputs, then the inference. */
static void infer(void *context) {
    live_case *c = context;
    const edy_feed *feed = c->job->feed;
    c->first = (c->first + feed->batch) % feed->samples;
    edy_feed_inputs(feed, c->first, c->inputs);
    edy_plan_run(c->plan, c->inputs, c->outputs);
}

static edy_status make_outputs(live_case *c, edy_error *err) {
    const int32_t n = edy_plan_output_count(c->plan);
    if (n > EDY_GOLDEN_PORTS)
        return edy_fail(err, EDY_UNSUPPORTED, "%d outputs, more than %d", n, EDY_GOLDEN_PORTS);
    for (int32_t i = 0; i < n; i++) {
        const size_t bytes = edy_plan_output(c->plan, i)->bytes;
        c->outputs[i] = malloc(bytes + 1);
        if (!c->outputs[i])
            return edy_fail(err, EDY_NO_MEMORY, "no memory for an output of %zu bytes", bytes);
        memset(c->outputs[i], 0x7f, bytes); /* a stale output must show; and touches the pages */
    }
    return EDY_OK;
}

static void note_plan(live_case *c) {
    const edy_plan_memory m = edy_plan_memory_use(c->plan);
    edy_memory_use *to = &c->record->memory;
    to->weights = (int64_t)m.weights_bytes;
    to->packed = (int64_t)m.packed_bytes;
    to->arena = (int64_t)m.arena_bytes;
    to->arena_lower_bound = (int64_t)m.arena_lower_bound_bytes;
    to->indirection = (int64_t)m.indirection_bytes;
    uint64_t macs = 0;
    for (int32_t i = 0; i < edy_plan_step_count(c->plan); i++)
        macs += edy_plan_step_at(c->plan, i).macs;
    c->record->macs = (int64_t)(macs * edy_plan_groups(c->plan));
}

/* Load, plan and the first inference, each timed. */
static edy_status prepare(live_case *c, edy_error *err) {
    const edy_clock *clock = c->setup->clock;
    const edy_plan_options options = {
        .backend = c->job->backend, .threads = c->pool, .batch = (int64_t)c->job->feed->batch};
    const int64_t start = edy_now_ns(clock);
    edy_status status = edy_variant_load(c->job->variant, &c->graph, err);
    const int64_t loaded = edy_now_ns(clock);
    status = status ? status : edy_plan_create(c->graph, &options, &c->plan, err);
    const int64_t planned = edy_now_ns(clock);
    status = status ? status : edy_feed_check(c->job->feed, c->plan, err);
    status = status ? status : make_outputs(c, err);
    if (status)
        return status;
    note_plan(c);
    const int64_t begun = edy_now_ns(clock);
    infer(c);
    const int64_t ended = edy_now_ns(clock);
    if (c->setup->emulated)
        return EDY_OK;
    c->record->load_ns = (double)(loaded - start);
    c->record->plan_ns = (double)(planned - loaded);
    c->record->first_ns = (double)(ended - begun);
    return EDY_OK;
}

static edy_status measure(live_case *c, edy_error *err) {
    if (c->setup->emulated) {
        infer(c); /* a second run, on an arena that the first has used */
        snprintf(c->record->counts.reason, sizeof c->record->counts.reason,
                 "emulated: counts would be the emulator's");
        return EDY_OK;
    }
    edy_sampler_options options = c->setup->sampler;
    options.begin = edy_counters_start;
    options.end = edy_counters_stop;
    options.hook_context = c->counters;
    const edy_status status =
        edy_sample(c->setup->clock, infer, c, &options, &c->record->latency, err);
    edy_counters_read(c->counters, &c->record->counts);
    return status;
}

/* A wrong answer has no speed: samples and counts are dropped. */
static void drop_latency(edy_record *record) {
    edy_record empty;
    edy_record_init(&empty);
    free(record->latency.samples_ns);
    record->latency = empty.latency;
    record->counts = empty.counts;
    record->first_ns = NAN;
}

static void judge(live_case *c) {
    const edy_judgement j =
        edy_feed_judge(c->job->feed, c->first, c->plan, (const void *const *)c->outputs);
    edy_record *r = c->record;
    r->verdict = j.verdict;
    r->budget_share = j.exact ? 0 : j.share;
    snprintf(r->verdict_reason, sizeof r->verdict_reason, "%s", j.reason);
    if (j.verdict != EDY_VERDICT_PASS && j.verdict != EDY_VERDICT_MISTRUSTED &&
        j.verdict != EDY_VERDICT_SKIP)
        drop_latency(r);
}

static void measure_peak(const edy_run_setup *setup, const edy_run_job *job, edy_record *record) {
    const edy_limits usual = edy_limits_default();
    const edy_limits *limits = job->variant->limits ? job->variant->limits : &usual;
    char threads[24], batch[24], model_bytes[24], tensor_bytes[24], nodes[24];
    edy_error err;
    if (!setup->program || setup->emulated)
        return;
    snprintf(threads, sizeof threads, "%lld", (long long)job->threads);
    snprintf(batch, sizeof batch, "%lld", (long long)record->batch);
    snprintf(model_bytes, sizeof model_bytes, "%llu", (unsigned long long)limits->model_bytes);
    snprintf(tensor_bytes, sizeof tensor_bytes, "%llu", (unsigned long long)limits->tensor_bytes);
    snprintf(nodes, sizeof nodes, "%lu", (unsigned long)limits->nodes);
    const char *const argv[] = {setup->program,
                                "peak-rss",
                                job->variant->model_path,
                                "--backend",
                                job->backend->name,
                                "--threads",
                                threads,
                                "--batch",
                                batch,
                                "--max-model-bytes",
                                model_bytes,
                                "--max-tensor-bytes",
                                tensor_bytes,
                                "--max-nodes",
                                nodes,
                                job->variant->ranges_path ? "--ranges" : NULL,
                                job->variant->ranges_path,
                                NULL};
    if (edy_peak_rss_of(argv, setup->peak_rss_s, &record->memory.peak_rss_base,
                        &record->memory.peak_rss, &err))
        edy_record_doubt(record, "peak-rss", "peak memory was not measured: %.150s", err.message);
}

static void fill_names(const edy_run_setup *setup, const edy_run_job *job, edy_record *r) {
    snprintf(r->workload, sizeof r->workload, "%.120s", job->workload->name);
    snprintf(r->variant, sizeof r->variant, "%.120s", job->variant->name);
    snprintf(r->backend, sizeof r->backend, "%.120s", job->backend->name);
    snprintf(r->dataset, sizeof r->dataset, "%s", job->feed->dataset);
    snprintf(r->model_sha256, sizeof r->model_sha256, "%.64s", job->model_sha256);
    r->threads = job->threads;
    r->batch = (int64_t)job->feed->batch;
    r->model_bytes = job->model_bytes;
    r->seed = setup->seed;
    r->accuracy = *job->accuracy;
    edy_record_set_name(r);
}

static void destroy_live(live_case *c) {
    for (int32_t i = 0; i < EDY_GOLDEN_PORTS; i++)
        free(c->outputs[i]);
    edy_plan_destroy(c->plan);
    edy_graph_destroy(c->graph);
    edy_threads_destroy(c->pool);
    edy_counters_destroy(c->counters);
    if (c->setup->pinning)
        edy_pin_restore(c->setup->pinning);
}

edy_status edy_run_case(const edy_run_setup *setup, const edy_run_job *job, edy_record *record,
                        edy_error *err) {
    live_case c = {.setup = setup, .job = job, .record = record};
    edy_error inner = {EDY_OK, ""};
    edy_record_init(record);
    fill_names(setup, job, record);
    if (setup->pinning)
        edy_pin_worker(setup->pinning, 0);
    edy_status status = edy_counters_create(NULL, &c.counters, &inner);
    status = status ? status : edy_run_pool(setup->pinning, job->threads, &c.pool, &inner);
    status = status ? status : prepare(&c, &inner);
    status = status ? status : measure(&c, &inner);
    if (!status)
        judge(&c);
    destroy_live(&c);
    if (status == EDY_NO_MEMORY)
        return edy_fail(err, status, "%s: %.300s", record->name, inner.message);
    if (status) {
        record->verdict = status == EDY_UNSUPPORTED ? EDY_VERDICT_UNSUPPORTED : EDY_VERDICT_FAIL;
        snprintf(record->verdict_reason, sizeof record->verdict_reason, "%s", inner.message);
        drop_latency(record);
        return EDY_OK;
    }
    measure_peak(setup, job, record);
    edy_run_doubts(setup, record);
    return EDY_OK;
}

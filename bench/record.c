/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/record.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void edy_record_init(edy_record *record) {
    *record = (edy_record){.threads = 1, .batch = 1, .model_bytes = -1, .macs = -1};
    record->budget_share = record->first_ns = record->load_ns = record->plan_ns = NAN;
    edy_latency *t = &record->latency;
    t->per_sample = t->iterations = t->taken = t->thinning = t->repetitions = t->outliers = -1;
    t->mean_ns = t->min_ns = t->max_ns = t->median_ns = t->p90_ns = t->p99_ns = t->mad_ns = NAN;
    t->median_low_ns = t->median_high_ns = t->cpu_time_ns = NAN;
    for (size_t i = 0; i < EDY_MAX_REPETITIONS; i++)
        t->rep_median_ns[i] = NAN;
    record->memory = (edy_memory_use){-1, -1, -1, -1, -1, -1, -1};
    record->accuracy.top1 = NAN;
    record->counts = (edy_counts){.instructions = -1,
                                  .cycles = -1,
                                  .task_clock_ns = -1,
                                  .page_faults = -1,
                                  .context_switches = -1,
                                  .scaled = NAN};
}

void edy_record_clear(edy_record *record) {
    if (!record)
        return;
    free(record->latency.samples_ns);
    edy_record_init(record);
}

void edy_record_set_name(edy_record *record) {
    const int n =
        snprintf(record->name, sizeof record->name, "%s/%s/%s/threads:%lld", record->workload,
                 record->variant, record->backend, (long long)record->threads);
    assert(n > 0);
    if (record->batch > 1 && (size_t)n < sizeof record->name)
        snprintf(record->name + n, sizeof record->name - (size_t)n, "/batch:%lld",
                 (long long)record->batch);
}

static void add_doubt(edy_doubt *doubts, size_t *n, const char *code, const char *format,
                      va_list args) {
    for (size_t i = 0; i < *n; i++)
        if (strcmp(doubts[i].code, code) == 0)
            return;
    if (*n == EDY_MAX_DOUBTS)
        return;
    edy_doubt *d = &doubts[(*n)++];
    snprintf(d->code, sizeof d->code, "%s", code);
    vsnprintf(d->text, sizeof d->text, format, args);
}

void edy_record_doubt(edy_record *record, const char *code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add_doubt(record->doubt, &record->n_doubts, code, format, args);
    va_end(args);
}

void edy_context_init(edy_context *context) {
    *context = (edy_context){.schema_version = EDY_SCHEMA_VERSION};
    context->cpus = context->cores = context->packages = context->numa_nodes = -1;
    context->core_kinds = context->ram_bytes = -1;
    context->mhz = NAN;
    context->scaling = context->turbo = EDY_UNKNOWN;
    context->load_avg[0] = context->load_avg[1] = context->load_avg[2] = NAN;
    context->timer_resolution_ns = context->timer_overhead_ns = NAN;
    context->empty_workload_ns = NAN;
    context->perf_event_paranoid = -1000;
}

void edy_context_doubt(edy_context *context, const char *code, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add_doubt(context->doubt, &context->n_doubts, code, format, args);
    va_end(args);
}

edy_status edy_results_create(edy_results **results, edy_error *err) {
    *results = calloc(1, sizeof **results);
    if (!*results)
        return edy_fail(err, EDY_NO_MEMORY, "no memory for the results");
    edy_context_init(&(*results)->context);
    return EDY_OK;
}

void edy_results_destroy(edy_results *results) {
    if (!results)
        return;
    for (size_t i = 0; i < results->n; i++)
        edy_record_clear(&results->records[i]);
    free(results->records);
    free(results);
}

edy_status edy_results_add(edy_results *results, edy_record *record, edy_error *err) {
    if (results->n == results->capacity) {
        const size_t capacity = results->capacity ? 2 * results->capacity : 16;
        edy_record *grown = realloc(results->records, capacity * sizeof *grown);
        if (!grown)
            return edy_fail(err, EDY_NO_MEMORY, "no memory for %zu records", capacity);
        results->records = grown;
        results->capacity = capacity;
    }
    results->records[results->n++] = *record;
    edy_record_init(record);
    return EDY_OK;
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "reports/facts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

typedef struct sink_pair {
    edy_fact_sink *sink;
    void *context;
} sink_pair;

__attribute__((format(printf, 3, 4))) static void say(const sink_pair *to, const char *name,
                                                      const char *format, ...) {
    char text[EDY_TEXT_BYTES * 2];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    to->sink(to->context, name, text);
}

static const char *or_unknown(const char *text) {
    return text[0] ? text : "unknown";
}

static const char *tristate(edy_tristate value) {
    return value == EDY_YES ? "yes" : value == EDY_NO ? "no" : "unknown";
}

static void say_cache(const sink_pair *to, const edy_cache *cache) {
    char name[48], bytes[EDY_TEXT_SHORT];
    snprintf(name, sizeof name, "L%" PRId64 " %s", cache->level, cache->type);
    edy_text_bytes(bytes, cache->bytes);
    say(to, name, "%" PRId64 " x %s, lines of %" PRId64 " B, each shared by %" PRId64 " CPU%s",
        cache->count, bytes, cache->line_bytes, cache->shared_by, cache->shared_by == 1 ? "" : "s");
}

static void say_number(const sink_pair *to, const char *name, int64_t value) {
    char text[EDY_TEXT_SHORT];
    say(to, name, "%s", value < 0 ? "unknown" : edy_text_count(text, value));
}

void edy_machine_facts(const edy_view *view, edy_fact_sink *sink, void *context) {
    const edy_context *c = &view->results->context;
    const sink_pair to = {sink, context};
    char text[EDY_TEXT_SHORT];
    say(&to, "CPU", "%s", or_unknown(c->cpu_model));
    say(&to, "architecture", "%s", or_unknown(c->arch));
    say_number(&to, "cores", c->cores);
    say_number(&to, "logical CPUs", c->cpus);
    say_number(&to, "packages", c->packages);
    say_number(&to, "NUMA nodes", c->numa_nodes);
    say_number(&to, "kinds of core", c->core_kinds);
    for (size_t i = 0; i < c->n_caches; i++)
        say_cache(&to, &c->cache[i]);
    say(&to, "CPU features", "%s", or_unknown(c->cpu_features));
    say(&to, "backends that run", "%s", or_unknown(c->backends));
    say(&to, "memory", "%s", c->ram_bytes > 0 ? edy_text_bytes(text, c->ram_bytes) : "unknown");
    say(&to, "system", "%s", or_unknown(c->os));
    say(&to, "virtualisation", "%s", or_unknown(c->virtualisation));
    if (c->emulated)
        say(&to, "emulated", "yes: no times are shown");
    say(&to, "governor", "%s", or_unknown(c->governor));
    say(&to, "clock may change", "%s", tristate(c->scaling));
    say(&to, "turbo", "%s", tristate(c->turbo));
    if (isfinite(c->mhz))
        say(&to, "clock at start", "%.0f MHz", c->mhz);
    if (isfinite(c->load_avg[0]))
        say(&to, "load at start", "%.2f, %.2f, %.2f", c->load_avg[0], c->load_avg[1],
            c->load_avg[2]);
}

void edy_build_facts(const edy_view *view, edy_fact_sink *sink, void *context) {
    const edy_context *c = &view->results->context;
    const sink_pair to = {sink, context};
    say(&to, "edyno", "%s", or_unknown(c->edyno_version));
    say(&to, "commit", "%s", or_unknown(c->git_commit));
    say(&to, "compiler", "%s", or_unknown(c->compiler));
    say(&to, "flags", "%s", or_unknown(c->flags));
    say(&to, "build type", "%s", or_unknown(c->build_type));
}

static const char *counter_reason(const edy_view *view) {
    for (size_t i = 0; i < view->n; i++)
        if (view->record[i]->counts.reason[0])
            return view->record[i]->counts.reason;
    return "";
}

void edy_instrument_facts(const edy_view *view, edy_fact_sink *sink, void *context) {
    const edy_context *c = &view->results->context;
    const sink_pair to = {sink, context};
    char text[EDY_TEXT_SHORT];
    say(&to, "started", "%s", or_unknown(c->date));
    say(&to, "seed", "%" PRIu64, c->seed);
    say(&to, "threads", "%s", c->pinned ? "pinned to one core each" : "not pinned");
    if (!c->emulated) {
        say(&to, "clock resolution", "%s", edy_text_time(text, c->timer_resolution_ns, EDY_UTF8));
        say(&to, "clock overhead", "%s, of two readings in a row",
            edy_text_time(text, c->timer_overhead_ns, EDY_UTF8));
        say(&to, "empty workload", "%s, what the sampler reports for nothing",
            edy_text_time(text, c->empty_workload_ns, EDY_UTF8));
    }
    if (c->perf_event_paranoid != -1000)
        say(&to, "perf_event_paranoid", "%" PRId64, c->perf_event_paranoid);
    const char *reason = counter_reason(view);
    if (reason[0])
        say(&to, "hardware counters", "none: %s", reason);
}

void edy_model_facts(const edy_view *view, edy_fact_sink *sink, void *context) {
    const sink_pair to = {sink, context};
    const edy_record *last = NULL;
    for (size_t i = 0; i < view->n; i++) { /* equal models are neighbours in the view */
        const edy_record *r = view->record[i];
        char name[EDY_NAME_BYTES * 2 + 8];
        if (!r->model_sha256[0] ||
            (last && strcmp(last->model_sha256, r->model_sha256) == 0 &&
             strcmp(last->variant, r->variant) == 0 && strcmp(last->workload, r->workload) == 0))
            continue;
        snprintf(name, sizeof name, "%s %s", r->workload, r->variant);
        say(&to, name, "%s", r->model_sha256);
        last = r;
    }
}

enum { MAX_DATA = 16 };

void edy_data_facts(const edy_view *view, edy_fact_sink *sink, void *context) {
    const sink_pair to = {sink, context};
    const char *name[MAX_DATA];
    size_t cases[MAX_DATA], n = 0;
    for (size_t i = 0; i < view->n; i++) {
        const char *dataset = view->record[i]->dataset;
        size_t k = 0;
        while (k < n && strcmp(name[k], dataset) != 0)
            k++;
        if (!dataset[0] || k == MAX_DATA)
            continue;
        if (k == n) {
            name[n] = dataset;
            cases[n++] = 0;
        }
        cases[k]++;
    }
    for (size_t k = 0; k < n; k++)
        say(&to, name[k], "%zu case%s", cases[k], cases[k] == 1 ? "" : "s");
}

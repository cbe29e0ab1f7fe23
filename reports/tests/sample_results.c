/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "reports/tests/sample_results.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* splitmix64 (S. Vigna, public domain algorithm), to [0, 1). */
static double uniform(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(const double *sorted, size_t n, double p) {
    const double at = p * (double)(n - 1);
    const size_t i = (size_t)at;
    const double next = sorted[i + 1 < n ? i + 1 : i];
    return sorted[i] + (at - floor(at)) * (next - sorted[i]);
}

void edy_sample_latency(edy_record *record, double median_ns, size_t n, uint64_t seed) {
    edy_latency *l = &record->latency;
    double *sorted = malloc((n ? n : 1) * sizeof *sorted);
    l->kind = EDY_SAMPLES_SINGLE;
    l->per_sample = l->thinning = 1;
    l->repetitions = 5;
    l->iterations = l->taken = (int64_t)n;
    l->n_samples = n;
    l->samples_ns = malloc((n ? n : 1) * sizeof *l->samples_ns);
    assert(sorted && l->samples_ns);
    l->mean_ns = 0.0;
    for (size_t i = 0; i < n; i++) {
        const double tail = -0.02 * log(1.0 - uniform(&seed));
        const double rare = uniform(&seed) < 0.015 ? 0.4 * uniform(&seed) : 0.0;
        l->samples_ns[i] = sorted[i] = median_ns * (0.986 + tail + rare);
        l->mean_ns += sorted[i] / (double)n;
    }
    if (n > 0) {
        qsort(sorted, n, sizeof *sorted, compare);
        l->min_ns = sorted[0];
        l->max_ns = sorted[n - 1];
        l->median_ns = quantile(sorted, n, 0.5);
        l->p90_ns = quantile(sorted, n, 0.9);
        l->p99_ns = quantile(sorted, n, 0.99);
        l->mad_ns = quantile(sorted, n, 0.75) - l->median_ns;
        l->cpu_time_ns = l->mean_ns * (double)(record->threads > 0 ? record->threads : 1);
        l->outliers = (int64_t)(n / 70);
    }
    if (n >= 6) {
        const double half = 0.98 / sqrt((double)n);
        l->median_low_ns = quantile(sorted, n, 0.5 - half > 0 ? 0.5 - half : 0);
        l->median_high_ns = quantile(sorted, n, 0.5 + half < 1 ? 0.5 + half : 1);
    }
    for (int i = 0; i < 5; i++)
        l->rep_median_ns[i] = l->median_ns;
    free(sorted);
}

static void fill_context(edy_context *c) {
    strcpy(c->edyno_version, "0.1.0");
    strcpy(c->date, "2026-01-02T03:04:05+00:00");
    strcpy(c->command, "edyno run --threads 1,2 --seed 7");
    strcpy(c->cpu_model, "AMD EPYC 7763 64-Core Processor");
    strcpy(c->arch, "x86_64");
    strcpy(c->cpu_features, "sse4.1 avx avx2 fma");
    strcpy(c->backends, "avx2 scalar");
    c->cpus = c->cores = 2;
    c->packages = c->numa_nodes = c->core_kinds = 1;
    c->mhz = 2445.4;
    c->n_caches = 2;
    c->cache[0] = (edy_cache){1, "data", 32768, 64, 2, 1};
    c->cache[1] = (edy_cache){3, "unified", 33554432, 64, 1, 2};
    c->ram_bytes = 25195356160;
    strcpy(c->os, "Linux 6.1.0 x86_64");
    c->scaling = EDY_UNKNOWN;
    c->turbo = EDY_UNKNOWN;
    c->load_avg[0] = 0.4;
    c->load_avg[1] = 0.31;
    c->load_avg[2] = 0.2;
    strcpy(c->virtualisation, "kvm");
    strcpy(c->compiler, "GNU 12.2.0");
    strcpy(c->flags, "-O2 -g -Wall -Wextra -ffp-contract=off");
    strcpy(c->build_type, "Release");
    strcpy(c->git_commit, "0123456789abcdef0123456789abcdef01234567");
    c->pinned = true;
    c->seed = 7;
    c->timer_resolution_ns = 10.0;
    c->timer_overhead_ns = 23.0;
    c->empty_workload_ns = 1.4;
    c->perf_event_paranoid = 2;
}

edy_results *edy_sample_empty(void) {
    edy_results *results = NULL;
    const edy_status status = edy_results_create(&results, NULL);
    assert(status == EDY_OK);
    (void)status;
    fill_context(&results->context);
    results->complete = true;
    return results;
}

static void add(edy_results *results, edy_record *record) {
    edy_record_set_name(record);
    const edy_status status = edy_results_add(results, record, NULL);
    assert(status == EDY_OK);
    (void)status;
}

static void begin(edy_record *record, const char *workload, const char *variant,
                  const char *backend, int64_t threads) {
    edy_record_init(record);
    snprintf(record->workload, sizeof record->workload, "%s", workload);
    snprintf(record->variant, sizeof record->variant, "%s", variant);
    snprintf(record->backend, sizeof record->backend, "%s", backend);
    snprintf(record->dataset, sizeof record->dataset, "fashion-mnist:test");
    record->threads = threads;
    record->batch = 1;
    record->verdict = EDY_VERDICT_PASS;
}

typedef struct net {
    const char *name;
    int64_t macs, weights, arena;
    int64_t correct[2]; /* of 10,000: fp32, int8 */
} net;

static void fill_case(edy_record *r, const net *of, int v, int b, int64_t threads, uint64_t seed) {
    static const double ns_per_mac[2][2] = {{1.15, 0.05}, {1.62, 0.021}}; /* [variant][backend] */
    const double ns = (double)of->macs * ns_per_mac[v][b] * (threads == 2 ? 0.58 : 1.0);
    edy_sample_latency(r, ns, 400 + seed * 37 % 1400, seed);
    memset(r->model_sha256, 'a' + v, 64);
    r->macs = of->macs;
    r->seed = 7;
    r->model_bytes = of->weights / (v ? 4 : 1) + 3000;
    r->budget_share = v ? 0.0 : 0.183;
    r->first_ns = ns * 1.9;
    r->load_ns = 2.1e6;
    r->plan_ns = 3.4e5;
    r->memory.weights = of->weights / (v ? 4 : 1);
    r->memory.packed = r->memory.weights + 4096 * b;
    r->memory.arena = of->arena / (v ? 4 : 1);
    r->memory.arena_lower_bound = r->memory.arena - 1024;
    r->memory.indirection = 9216;
    r->memory.peak_rss_base = 5242880;
    r->memory.peak_rss = 5242880 + r->memory.packed * 3 + r->memory.arena;
    r->accuracy = (edy_accuracy){.n = 10000,
                                 .correct = of->correct[v],
                                 .golden_n = 10000,
                                 .agree = 10000 - 2 * b * (1 - v),
                                 .top1 = (double)of->correct[v] / 10000.0};
    r->counts.kind = EDY_COUNTERS_SOFTWARE;
    strcpy(r->counts.reason, "the machine has no performance counters (virtual machine)");
    r->counts.task_clock_ns = (int64_t)(r->latency.cpu_time_ns * (double)r->latency.iterations);
    r->counts.page_faults = 0;
    r->counts.context_switches = 12;
}

edy_results *edy_sample_results(void) {
    static const net nets[] = {{"simplecnn", 580000, 1384296, 108160, {9178, 9171}},
                               {"resnet8", 12501632, 312488, 131072, {9262, 9255}},
                               {"dscnn", 5602048, 92456, 131072, {9141, 9098}}};
    static const char *const variants[] = {"fp32", "int8"}, *const backends[] = {"scalar", "avx2"};
    edy_results *results = edy_sample_empty();
    uint64_t seed = 1;
    for (size_t w = 0; w < sizeof nets / sizeof *nets; w++)
        for (int v = 0; v < 2; v++)
            for (int b = 1; b >= 0; b--)
                for (int64_t threads = 1; threads <= 2; threads++) {
                    edy_record r;
                    begin(&r, nets[w].name, variants[v], backends[b], threads);
                    fill_case(&r, &nets[w], v, b, threads, seed++);
                    if (threads == 2)
                        edy_record_doubt(&r, "placement",
                                         "the two cores may be far apart in this virtual machine; "
                                         "compare with --threads 1");
                    if (w == 1 && v == 1 && b == 1)
                        edy_record_doubt(&r, "drift",
                                         "the second half is 4.1 %% slower than the first; let the "
                                         "machine rest and run again");
                    add(results, &r);
                }
    edy_context_doubt(&results->context, "frequency",
                      "the clock cannot be read here (virtual machine); run on the bare board");
    return results;
}

edy_results *edy_sample_emulated(void) {
    edy_results *results = edy_sample_results();
    results->context.emulated = true;
    strcpy(results->context.virtualisation, "qemu-user");
    return results;
}

edy_results *edy_sample_many(size_t n) {
    edy_results *results = edy_sample_empty();
    for (size_t i = 0; i < n; i++) {
        char workload[EDY_NAME_BYTES];
        edy_record r;
        snprintf(workload, sizeof workload,
                 "a_rather_long_workload_name_that_somebody_gave_to_model_number_%zu.onnx", i);
        begin(&r, workload, i % 2 ? "int8-per-channel-symmetric" : "fp32", "avx512vnni", 16);
        edy_sample_latency(&r, 1e4 * pow(1.12, (double)i), 50 + i, i + 1);
        r.accuracy = (edy_accuracy){.n = 1000,
                                    .correct = (int64_t)(900 - i),
                                    .golden_n = 0,
                                    .agree = 0,
                                    .top1 = (900.0 - (double)i) / 1000.0};
        r.memory.packed = 1000 * (int64_t)(i + 1);
        r.memory.arena = 5000 * (int64_t)(i + 1);
        add(results, &r);
    }
    return results;
}

static void add_failed(edy_results *results, const char *variant, edy_verdict verdict,
                       const char *reason) {
    edy_record r;
    begin(&r, "resnet8", variant, "avx2", 1);
    r.verdict = verdict;
    snprintf(r.verdict_reason, sizeof r.verdict_reason, "%s", reason);
    add(results, &r);
}

edy_results *edy_sample_odd(void) {
    static const char *const hostile[] = {
        "a_b{c}^d",        "it's \"quoted\", and,commas", "<script>alert(1)</script>",
        "pipe|`tick`*_x",  "line\nbreak\ttab\x1b[31m",    "$(reboot) @macro \\n %s %n",
        "\xff\xfe broken", "caf\xC3\xA9 \xE2\x82\xAC"};
    edy_results *results = edy_sample_empty();
    edy_record r;
    results->complete = false;
    add_failed(results, "fp32", EDY_VERDICT_FAIL, "3 of 320 elements differ, the first at 17");
    add_failed(results, "int8", EDY_VERDICT_UNSUPPORTED, "operator LSTM of node \"lstm_1\"");
    add_failed(results, "prune80", EDY_VERDICT_CRASH, "ended by signal 11");
    add_failed(results, "f16", EDY_VERDICT_SKIP, "no golden");
    /* A wrong output with numbers left in it: they must not be shown. */
    begin(&r, "resnet8", "fp32", "avx2", 2);
    edy_sample_latency(&r, 77777.0, 100, 5);
    r.accuracy = (edy_accuracy){.n = 777, .correct = 555, .top1 = 555.0 / 777.0};
    r.verdict = EDY_VERDICT_FAIL;
    strcpy(r.verdict_reason, "NaN at 3");
    add(results, &r);
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        begin(&r, hostile[i], hostile[(i + 1) % (sizeof hostile / sizeof *hostile)], hostile[i], 1);
        edy_sample_latency(&r, 1e5 * (double)(i + 1), i, i + 9); /* 0, 1, 2, ... samples */
        r.verdict = i % 2 ? EDY_VERDICT_MISTRUSTED : EDY_VERDICT_NONE;
        snprintf(r.verdict_reason, sizeof r.verdict_reason, "because %s", hostile[i]);
        edy_record_doubt(&r, "few-samples", "%s: only %zu samples", hostile[i], i);
        r.accuracy = (edy_accuracy){.n = 10, .correct = i % 2 ? 10 : 0, .top1 = i % 2 ? 1.0 : 0.0};
        add(results, &r);
    }
    begin(&r, "tiny", "fp32", "scalar", 1);
    edy_sample_latency(&r, 812.0, 300, 99);
    r.latency.kind = EDY_SAMPLES_MEANS;
    r.latency.per_sample = 64;
    r.latency.iterations = 300 * 64;
    r.batch = 4;
    add(results, &r);
    return results;
}

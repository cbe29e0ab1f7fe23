/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/sampler.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bench/stats.h"

enum { WARMUP_WINDOW = 31, MAX_BATCH = 10000000 };

/* Kept samples: sample i of all taken is kept where i is a multiple of the stride. When the room is
 * used up, every second kept one goes and the stride doubles, so they stay uniform in time. */
typedef struct reservoir {
    double *value;
    size_t n, cap;
    int64_t taken, stride;
    double min, max;
} reservoir;

typedef struct sampler {
    const edy_clock *clock;
    void (*call)(void *);
    void *context;
    const edy_sampler_options *options;
    reservoir kept;
    int64_t per_sample;
    double timed_ns, cpu_ns;
    int64_t rep_start[EDY_MAX_REPETITIONS + 1]; /* index of taken samples */
} sampler;

edy_sampler_options edy_sampler_defaults(void) {
    return (edy_sampler_options){.min_time_s = 0.5,
                                 .max_time_s = 5,
                                 .min_samples = 10,
                                 .repetitions = 5,
                                 .warmup_s = 0.1,
                                 .warmup_calls = 3,
                                 .batch_below_ns = 10e3,
                                 .batch_target_ns = 100e3,
                                 .cap = EDY_SAMPLES_CAP};
}

static void keep(reservoir *r, double value) {
    if (r->taken == 0 || value < r->min)
        r->min = value;
    if (r->taken == 0 || value > r->max)
        r->max = value;
    if (r->taken++ % r->stride != 0)
        return;
    if (r->n == r->cap) {
        for (size_t i = 0; 2 * i < r->n; i++)
            r->value[i] = r->value[2 * i];
        r->n = (r->n + 1) / 2;
        r->stride *= 2;
        if ((r->taken - 1) % r->stride != 0)
            return;
    }
    r->value[r->n++] = value;
}

static int64_t time_calls(const sampler *s, int64_t calls) {
    const int64_t start = edy_now_ns(s->clock);
    for (int64_t i = 0; i < calls; i++)
        s->call(s->context);
    return edy_now_ns(s->clock) - start;
}

/* Returns the median time of the last calls. */
static double warm_up(const sampler *s) {
    double last[WARMUP_WINDOW];
    const double enough = s->options->warmup_s * 1e9;
    double spent = 0;
    int64_t calls = 0;
    do {
        const double took = (double)time_calls(s, 1);
        last[calls++ % WARMUP_WINDOW] = took;
        spent += took > 0 ? took : 1; /* a clock that stands still must not stop us for ever */
    } while (spent < enough || (calls < s->options->warmup_calls && spent < 10 * enough));
    const size_t n = calls < WARMUP_WINDOW ? (size_t)calls : WARMUP_WINDOW;
    edy_sort(last, n);
    return edy_median_sorted(last, n);
}

/* Google Benchmark's BenchmarkRunner::PredictNumItersNeeded: aim 40 % beyond the target; a time
 * below a tenth of it predicts nothing, then grow tenfold. */
static int64_t calibrate_batch(const sampler *s) {
    const double target = s->options->batch_target_ns;
    int64_t n = 1;
    while (n < MAX_BATCH) {
        const double took = (double)time_calls(s, n);
        if (took >= target)
            break;
        const double factor = took > 0.1 * target ? 1.4 * target / took : 10;
        const double next = factor * (double)n;
        n = next > (double)n + 1 ? (int64_t)next : n + 1;
    }
    return n < MAX_BATCH ? n : MAX_BATCH;
}

static bool repetition_is_over(const sampler *s, int64_t repetition) {
    const edy_sampler_options *o = s->options;
    const double share = (double)(repetition + 1) / (double)o->repetitions;
    if (s->timed_ns >= share * o->max_time_s * 1e9)
        return true;
    return s->timed_ns >= share * o->min_time_s * 1e9 &&
           (double)s->kept.taken >= share * (double)o->min_samples;
}

static void run_repetition(sampler *s, int64_t repetition) {
    const edy_sampler_options *o = s->options;
    s->rep_start[repetition] = s->kept.taken;
    if (o->begin)
        o->begin(o->hook_context);
    const int64_t cpu_start = edy_cpu_ns(s->clock);
    do {
        const double took = (double)time_calls(s, s->per_sample);
        s->timed_ns += took;
        keep(&s->kept, took / (double)s->per_sample);
    } while (!repetition_is_over(s, repetition));
    s->cpu_ns += (double)(edy_cpu_ns(s->clock) - cpu_start);
    if (o->end)
        o->end(o->hook_context);
}

/* Median of the kept samples whose index among all taken is in [first, end); where thinning left
 * none, of the nearest one. */
static double median_of_range(const reservoir *r, int64_t first, int64_t end, double *scratch) {
    const size_t from = (size_t)((first + r->stride - 1) / r->stride);
    const size_t to = (size_t)((end + r->stride - 1) / r->stride);
    if (to <= from)
        return r->value[from < r->n ? from : r->n - 1];
    memcpy(scratch, r->value + from, (to - from) * sizeof *scratch);
    edy_sort(scratch, to - from);
    return edy_median_sorted(scratch, to - from);
}

static void fill_latency(const sampler *s, double *scratch, edy_latency *t) {
    const reservoir *r = &s->kept;
    t->kind = s->per_sample == 1 ? EDY_SAMPLES_SINGLE : EDY_SAMPLES_MEANS;
    t->per_sample = s->per_sample;
    t->taken = r->taken;
    t->iterations = r->taken * s->per_sample;
    t->thinning = r->stride;
    t->repetitions = s->options->repetitions;
    t->n_samples = r->n;
    t->samples_ns = r->value;
    t->mean_ns = s->timed_ns / (double)t->iterations;
    t->cpu_time_ns = s->cpu_ns / (double)t->iterations;
    t->min_ns = r->min;
    t->max_ns = r->max;
    for (int64_t i = 0; i < t->repetitions; i++)
        t->rep_median_ns[i] = median_of_range(r, s->rep_start[i], s->rep_start[i + 1], scratch);
    memcpy(scratch, r->value, r->n * sizeof *scratch);
    edy_sort(scratch, r->n);
    t->median_ns = edy_median_sorted(scratch, r->n);
    t->p90_ns = edy_quantile_sorted(scratch, r->n, 0.90);
    t->p99_ns = edy_quantile_sorted(scratch, r->n, 0.99);
    edy_median_interval(scratch, r->n, &t->median_low_ns, &t->median_high_ns);
    t->mad_ns = edy_mad(r->value, r->n, t->median_ns, scratch);
    t->outliers = (int64_t)edy_count_outliers(r->value, r->n, t->median_ns, t->mad_ns);
}

edy_status edy_sample(const edy_clock *clock, void (*call)(void *), void *context,
                      const edy_sampler_options *options, edy_latency *latency, edy_error *err) {
    assert(options->repetitions >= 1 && options->repetitions <= EDY_MAX_REPETITIONS);
    assert(options->cap >= 2 && options->cap <= EDY_SAMPLES_CAP);
    sampler s = {.clock = clock, .call = call, .context = context, .options = options};
    s.kept = (reservoir){.cap = options->cap, .stride = 1};
    s.kept.value = malloc(options->cap * sizeof(double));
    double *scratch = malloc(options->cap * sizeof(double));
    if (!s.kept.value || !scratch) {
        free(s.kept.value);
        free(scratch);
        return edy_fail(err, EDY_NO_MEMORY, "no memory for %zu samples", options->cap);
    }
    /* Touch the pages now: a page fault in the timed part would be measured. */
    memset(s.kept.value, 0, options->cap * sizeof(double));
    const double typical = warm_up(&s);
    s.per_sample = typical >= options->batch_below_ns ? 1 : calibrate_batch(&s);
    for (int64_t i = 0; i < options->repetitions; i++)
        run_repetition(&s, i);
    s.rep_start[options->repetitions] = s.kept.taken;
    fill_latency(&s, scratch, latency);
    free(scratch);
    return EDY_OK;
}

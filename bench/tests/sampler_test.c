/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* The sampler by a clock that the test turns: every number it gives is then known beforehand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "bench/sampler.h"

/* A machine whose calls take the given times in turn. */
typedef struct machine {
    int64_t now, cpu, reading_costs;
    const int64_t *takes;
    size_t n, calls;
    int begun, ended;
} machine;

static int64_t machine_now(void *context) {
    machine *m = context;
    m->now += m->reading_costs;
    return m->now;
}

static int64_t machine_cpu(void *context) {
    return ((machine *)context)->cpu;
}

static void machine_call(void *context) {
    machine *m = context;
    const int64_t takes = m->takes[m->calls++ % m->n];
    m->now += takes;
    m->cpu += 2 * takes; /* two threads */
}

static void machine_begin(void *context) {
    ((machine *)context)->begun++;
}
static void machine_end(void *context) {
    ((machine *)context)->ended++;
}

static edy_clock clock_of(machine *m) {
    return (edy_clock){machine_now, machine_cpu, m};
}

static edy_latency sample(machine *m, const edy_sampler_options *options) {
    const edy_clock clock = clock_of(m);
    edy_record r;
    edy_record_init(&r);
    assert_int_equal(edy_sample(&clock, machine_call, m, options, &r.latency, NULL), EDY_OK);
    return r.latency;
}

static void slow_calls_are_single_samples(void **state) {
    (void)state;
    const int64_t takes[] = {10000}; /* exactly 10 us */
    machine m = {.takes = takes, .n = 1};
    edy_sampler_options o = edy_sampler_defaults();
    o.min_time_s = 0.01;
    o.warmup_s = 30e-6;
    const edy_latency t = sample(&m, &o);
    assert_int_equal(t.kind, EDY_SAMPLES_SINGLE);
    assert_int_equal(t.per_sample, 1);
    assert_int_equal(t.taken, 1000);
    assert_int_equal(t.n_samples, 1000);
    assert_int_equal(t.iterations, 1000);
    assert_int_equal(m.calls, 1003); /* and three to warm up */
    assert_true(t.mean_ns == 10000 && t.median_ns == 10000 && t.p99_ns == 10000);
    assert_true(t.min_ns == 10000 && t.max_ns == 10000 && t.mad_ns == 0);
    assert_true(t.median_low_ns == 10000 && t.median_high_ns == 10000);
    assert_true(t.cpu_time_ns == 20000);
    assert_int_equal(t.outliers, 0);
    free(t.samples_ns);
}

static void short_calls_are_batched_and_say_so(void **state) {
    (void)state;
    const int64_t takes[] = {100};
    machine m = {.takes = takes, .n = 1};
    edy_sampler_options o = edy_sampler_defaults();
    o.min_time_s = 0.01;
    const edy_latency t = sample(&m, &o);
    assert_int_equal(t.kind, EDY_SAMPLES_MEANS);
    /* 1, 10, 100 calls take up to a tenth of 100 us: grow tenfold; 1,000 take all of it. */
    assert_int_equal(t.per_sample, 1000);
    assert_int_equal(t.iterations, t.taken * 1000);
    assert_true(t.mean_ns == 100 && t.median_ns == 100);
    free(t.samples_ns);
}

static void calibration_aims_beyond_its_target(void **state) {
    (void)state;
    const int64_t takes[] = {3000};
    machine m = {.takes = takes, .n = 1};
    edy_sampler_options o = edy_sampler_defaults();
    o.min_time_s = 0.001;
    const edy_latency t = sample(&m, &o);
    /* 10 calls take 30 us: 10 * 1.4 * 100/30 = 46.67 */
    assert_int_equal(t.per_sample, 46);
    free(t.samples_ns);
}

static void an_empty_call_ends_on_a_still_clock(void **state) {
    (void)state;
    const int64_t takes[] = {0};
    machine m = {.takes = takes, .n = 1, .reading_costs = 25};
    edy_sampler_options o = edy_sampler_defaults();
    o.min_time_s = 1e-6;
    o.warmup_s = 1e-6;
    o.repetitions = 2;
    const edy_latency t = sample(&m, &o);
    assert_int_equal(t.kind, EDY_SAMPLES_MEANS);
    assert_true(t.mean_ns < 1);
    free(t.samples_ns);
}

static void thinning_is_uniform_and_stated(void **state) {
    (void)state;
    int64_t takes[1000];
    for (int i = 0; i < 1000; i++)
        takes[i] = 20000 + i;
    takes[777] = 900000; /* odd index: not kept once thinned, but still the maximum */
    machine m = {.takes = takes, .n = 1000};
    edy_sampler_options o = edy_sampler_defaults();
    o.min_samples = 1000;
    o.min_time_s = 1e-6;
    o.cap = 100;
    const edy_latency t = sample(&m, &o);
    assert_int_equal(t.taken, 1000);
    assert_int_equal(t.thinning, 16);
    assert_int_equal(t.n_samples, 63); /* ceil(1000 / 16) */
    assert_true(t.max_ns == 900000);
    const size_t first = m.calls - 1000;
    for (size_t i = 0; i < t.n_samples; i++)
        assert_true(t.samples_ns[i] == (double)takes[(first + 16 * i) % 1000]);
    free(t.samples_ns);
}

static void repetitions_have_their_medians(void **state) {
    (void)state;
    /* Warm-up of 3 calls, then 4 repetitions of 10 samples, each slower. */
    int64_t takes[43];
    for (int i = 0; i < 43; i++)
        takes[i] = i < 3 ? 50000 : 100000 + 1000 * ((i - 3) / 10);
    machine m = {.takes = takes, .n = 43};
    edy_sampler_options o = edy_sampler_defaults();
    o.repetitions = 4;
    o.min_samples = 40;
    o.min_time_s = 0;
    o.warmup_s = 1e-4;
    o.warmup_calls = 3;
    o.begin = machine_begin;
    o.end = machine_end;
    o.hook_context = &m;
    const edy_latency t = sample(&m, &o);
    assert_int_equal(t.taken, 40);
    assert_int_equal(t.repetitions, 4);
    for (int i = 0; i < 4; i++)
        assert_true(t.rep_median_ns[i] == 100000 + 1000 * i);
    assert_int_equal(m.begun, 4);
    assert_int_equal(m.ended, 4);
    assert_true(t.median_ns == 101500);
    free(t.samples_ns);
}

static void very_slow_calls_end_by_max_time(void **state) {
    (void)state;
    const int64_t takes[] = {INT64_C(3000000000)};
    machine m = {.takes = takes, .n = 1};
    const edy_sampler_options o = edy_sampler_defaults();
    const edy_latency t = sample(&m, &o);
    assert_int_equal(t.taken, 5); /* one a repetition, though ten were wanted */
    assert_int_equal(m.calls, 6); /* one call outlasts ten times the warm-up */
    assert_true(isnan(t.median_low_ns));
    free(t.samples_ns);
}

static void clock_measures_itself(void **state) {
    (void)state;
    const int64_t takes[] = {0};
    machine m = {.takes = takes, .n = 1, .reading_costs = 25};
    const edy_clock fake = clock_of(&m);
    edy_clock_quality q = edy_clock_measure(&fake);
    assert_true(q.overhead_ns == 25 && q.resolution_ns == 25);
    m.reading_costs = 0;
    q = edy_clock_measure(&fake);
    assert_true(q.overhead_ns == 0 && q.resolution_ns == 0);
    const edy_clock real = edy_clock_system();
    q = edy_clock_measure(&real);
    assert_true(q.overhead_ns > 0 && q.overhead_ns < 1e5);
    assert_true(q.resolution_ns > 0);
}

static void nothing(void *context) {
    (void)context;
}

static void empty_workload_on_the_real_clock(void **state) {
    (void)state;
    const edy_clock clock = edy_clock_system();
    edy_sampler_options o = edy_sampler_defaults();
    o.min_time_s = 0.005;
    o.warmup_s = 0.001;
    edy_record r;
    edy_record_init(&r);
    assert_int_equal(edy_sample(&clock, nothing, NULL, &o, &r.latency, NULL), EDY_OK);
    assert_int_equal(r.latency.kind, EDY_SAMPLES_MEANS);
    assert_true(r.latency.median_ns < 1000);
    edy_record_clear(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slow_calls_are_single_samples),
        cmocka_unit_test(short_calls_are_batched_and_say_so),
        cmocka_unit_test(calibration_aims_beyond_its_target),
        cmocka_unit_test(an_empty_call_ends_on_a_still_clock),
        cmocka_unit_test(thinning_is_uniform_and_stated),
        cmocka_unit_test(repetitions_have_their_medians),
        cmocka_unit_test(very_slow_calls_end_by_max_time),
        cmocka_unit_test(clock_measures_itself),
        cmocka_unit_test(empty_workload_on_the_real_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Timing the call where it stands, with a clock that is turned by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <string.h>

#include "bench/walk/call_timer.h"
#include "bench/walk/walk.h"

static int64_t now;

static int64_t read_clock(void *context) {
    (void)context;
    return now;
}

static edy_call_timer by_hand(void) {
    now = 0;
    return (edy_call_timer){
        .clock = {read_clock, read_clock, NULL}, .sample_ns = 1e4, .min_ns = 1e6};
}

static void once_without_a_timer(void **state) {
    (void)state;
    bool done = false;
    int calls = 0;
    while (edy_call_again(NULL, &done))
        calls++;
    assert_int_equal(calls, 1);
}

static void times_calls_of_any_length(void **state) {
    (void)state;
    const int64_t length[] = {1, 30, 5000, 20000, 3000000};
    for (size_t i = 0; i < sizeof length / sizeof length[0]; i++) {
        edy_call_timer t = by_hand();
        bool done = false;
        while (edy_call_again(&t, &done))
            now += length[i];
        assert_true(t.median_ns > 0.999 * (double)length[i]);
        assert_true(t.median_ns < 1.001 * (double)length[i]);
        assert_in_range(t.samples, 11, EDY_CALL_SAMPLES);
        assert_true(t.spent_ns >= 1e6 || t.samples == EDY_CALL_SAMPLES);
        assert_true((double)(t.per_sample * length[i]) >= t.sample_ns);
    }
}

static void slow_first_calls_do_not_count(void **state) {
    (void)state;
    edy_call_timer t = by_hand();
    bool done = false;
    int calls = 0;
    while (edy_call_again(&t, &done))
        now += calls++ < 2 ? 900000 : 15000;
    assert_true(t.median_ns == 15000.0);
}

/* The walk times rows and layers, and only where it is asked to. */
static void the_walk_times_what_passes(void **state) {
    (void)state;
    static const char *const lines[] = {"f32_add channels=40", "conv in=1x4x4x3 out=5 kernel=3x3"};
    edy_problem problem[2];
    edy_error err;
    const edy_backend *scalar = NULL;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(edy_problem_parse("test", 0, lines[i], &problem[i], &err), EDY_OK);
    assert_int_equal(edy_backend_find("scalar", &scalar, &err), EDY_OK);
    for (int bench = 0; bench < 2; bench++) {
        edy_walk_table table = {.row = NULL};
        const edy_walk_options o = {.backend = &scalar,
                                    .n_backends = 1,
                                    .problem = problem,
                                    .n_problems = 2,
                                    .fill = EDY_FILL_REALISTIC,
                                    .bench = bench != 0};
        assert_int_equal(edy_walk_run(&o, &table, &err), EDY_OK);
        assert_int_equal(table.n, 4); /* the row, and the layer in three dtypes */
        for (size_t i = 0; i < table.n; i++) {
            assert_int_equal(table.row[i].verdict, EDY_WALK_PASS);
            assert_int_equal(table.row[i].n_timings, bench);
            if (bench)
                assert_true(table.row[i].timing[0].median_ns > 0);
        }
        if (bench) {
            assert_true(table.row[0].timing[0].work == 40.0);
            assert_true(table.row[1].timing[0].work == 2.0 * 2 * 2 * 5 * 9 * 3);
        }
        edy_walk_free(&table);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(once_without_a_timer),
                                       cmocka_unit_test(times_calls_of_any_length),
                                       cmocka_unit_test(slow_first_calls_do_not_count),
                                       cmocka_unit_test(the_walk_times_what_passes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

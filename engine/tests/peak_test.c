/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/peak.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "engine/cpu.h"

/* Every second reading is 30 us later, but for one pair in ten, which a busy machine stretched. */
static int64_t by_hand(void *context) {
    int64_t *readings = context;
    const int64_t n = (*readings)++;
    return n / 2 * 1000000 + (n % 2 ? (n / 2 % 10 == 3 ? 90000 : 30000) : 0);
}

static void idle(size_t turns) {
    (void)turns;
}

static void rate_is_operations_over_time(void **state) {
    (void)state;
    int64_t readings = 0;
    const edy_peak_loop loop = {"test", 0, 0, 16, idle};
    const double want = 20000.0 * EDY_PEAK_CHAINS * 16 / 30e-6;
    const double got = edy_peak_measure(&loop, by_hand, &readings);
    assert_true(got > want * 0.999999 && got < want * 1.000001);
}

static int64_t stands(void *context) {
    (void)context;
    return 5;
}

static void clock_that_stands_gives_nothing(void **state) {
    (void)state;
    const edy_peak_loop loop = {"test", 0, 0, 16, idle};
    assert_true(edy_peak_measure(&loop, stands, NULL) == 0.0);
}

static void every_loop_ends(void **state) {
    (void)state;
    for (size_t i = 0; i < edy_peak_loop_count(); i++) {
        const edy_peak_loop *loop = edy_peak_loop_at(i);
        assert_true(loop->ops > 0);
        assert_non_null(strchr(loop->name, ' '));
        if ((loop->features & ~edy_cpu_features()) == 0)
            loop->run(100);
    }
}

/* A backend is compared with its own instruction set, not with a wider one of the same CPU. */
static void backend_gets_its_own_loop(void **state) {
    (void)state;
    for (size_t i = 0; i < edy_backend_count(); i++) {
        const edy_backend *b = edy_backend_at(i);
        for (int integer = 0; integer < 2; integer++) {
            const edy_peak_loop *loop = edy_peak_loop_for(b, integer);
            if (!b->features)
                continue;
            assert_non_null(loop);
            assert_int_equal(loop->integer, integer);
            assert_true((loop->features & ~b->features) == 0);
        }
    }
}

static void scalar_gets_what_the_cpu_runs(void **state) {
    (void)state;
    const edy_backend *scalar = edy_backend_at(edy_backend_count() - 1);
    const edy_peak_loop *loop = edy_peak_loop_for(scalar, 0);
    if (loop)
        assert_true((loop->features & ~edy_cpu_features()) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rate_is_operations_over_time),
        cmocka_unit_test(clock_that_stands_gives_nothing),
        cmocka_unit_test(every_loop_ends),
        cmocka_unit_test(backend_gets_its_own_loop),
        cmocka_unit_test(scalar_gets_what_the_cpu_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

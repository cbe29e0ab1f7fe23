/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "reports/plot_axis.h"

static double tick[EDY_AXIS_MAX_TICKS];

/* 1, 2, 2.5 or 5 times a power of ten. */
static int is_round(double value) {
    const double m = value / pow(10.0, floor(log10(value) + 1e-9));
    static const double round[] = {1.0, 2.0, 2.5, 5.0, 10.0};
    for (size_t i = 0; i < sizeof round / sizeof *round; i++)
        if (fabs(m - round[i]) < 1e-6)
            return 1;
    return 0;
}

static void linear_ticks_are_round_and_inside(void **state) {
    (void)state;
    for (double low = -3.0; low < 200.0; low += 17.3)
        for (double width = 1e-3; width < 1e6; width *= 2.7)
            for (size_t max = 2; max <= EDY_AXIS_MAX_TICKS; max++) {
                const size_t n = edy_axis_linear(low, low + width, max, tick);
                assert_true(n <= max);
                for (size_t i = 0; i < n; i++) {
                    assert_true(tick[i] >= low - 1e-6 * width);
                    assert_true(tick[i] <= low + width + 1e-6 * width);
                    if (i > 0)
                        assert_true(is_round(tick[i] - tick[i - 1]));
                }
                if (max >= 4)
                    assert_true(n >= 2);
            }
}

static void linear_zero_has_no_sign(void **state) {
    (void)state;
    assert_int_equal(edy_axis_linear(0.0, 10.0, 6, tick), 6);
    assert_false(signbit(tick[0]));
    assert_true(tick[5] == 10.0);
}

static void log_ticks_are_inside_and_apart(void **state) {
    (void)state;
    for (double low = 0.3; low < 1e9; low *= 7.1)
        for (double ratio = 1.01; ratio < 1e12; ratio *= 1.9)
            for (double gap = 0.07; gap < 0.5; gap += 0.06) {
                const size_t n = edy_axis_log(low, low * ratio, gap, tick);
                assert_true(n <= EDY_AXIS_MAX_TICKS);
                for (size_t i = 0; i < n; i++) {
                    assert_true(tick[i] >= low * (1.0 - 1e-6));
                    assert_true(tick[i] <= low * ratio * (1.0 + 1e-6));
                    if (i > 0) {
                        assert_true(tick[i] > tick[i - 1]);
                        assert_true(n == 2 ||
                                    log(tick[i] / tick[i - 1]) >= gap * log(ratio) * (1.0 - 1e-9));
                    }
                }
                if (gap < 0.25)
                    assert_true(n >= 2);
            }
}

static void log_chooses_the_densest_that_fits(void **state) {
    (void)state;
    assert_int_equal(edy_axis_log(1.0, 100.0, 0.14, tick), 7); /* 1 2 5 10 20 50 100 */
    assert_true(tick[2] == 5.0);
    assert_int_equal(edy_axis_log(1.0, 100.0, 0.2, tick), 5); /* 1 3 10 30 100 */
    assert_true(tick[1] == 3.0);
    assert_int_equal(edy_axis_log(1.0, 100.0, 0.3, tick), 3);   /* 1 10 100 */
    assert_int_equal(edy_axis_log(1.0, 1e8, 0.2, tick), 5);     /* every second decade */
    assert_int_equal(edy_axis_log(110.0, 190.0, 0.2, tick), 4); /* linear: 120 140 160 180 */
    assert_true(fabs(tick[0] - 120.0) < 1e-9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_ticks_are_round_and_inside),
        cmocka_unit_test(linear_zero_has_no_sign),
        cmocka_unit_test(log_ticks_are_inside_and_apart),
        cmocka_unit_test(log_chooses_the_densest_that_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

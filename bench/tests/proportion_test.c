/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "bench/proportion.h"

static void near(double got, double expected) {
    assert_true(fabs(got - expected) < 5e-5);
}

/* Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17
 * (1998), table I, method 3. */
static void agrees_with_published_values(void **state) {
    (void)state;
    static const struct {
        int64_t k, n;
        double low, high;
    } rows[] = {{81, 263, 0.2553, 0.3662},
                {15, 148, 0.0624, 0.1605},
                {0, 20, 0.0, 0.1611},
                {1, 29, 0.0061, 0.1718}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double low, high;
        edy_proportion_interval(rows[i].k, rows[i].n, &low, &high);
        near(low, rows[i].low);
        near(high, rows[i].high);
    }
}

/* The ends are where the score test just accepts: |p - p0| = z sqrt(p0 (1 - p0) / n). */
static void ends_solve_the_score_equation(void **state) {
    (void)state;
    for (int64_t n = 1; n <= 10000; n = n * 3 + 1)
        for (int64_t k = 0; k <= n; k += 1 + n / 7) {
            double end[2];
            edy_proportion_interval(k, n, &end[0], &end[1]);
            assert_true(end[0] >= 0.0 && end[0] <= end[1] && end[1] <= 1.0);
            for (int i = 0; i < 2; i++) {
                if (end[i] == 0.0 || end[i] == 1.0)
                    continue;
                const double gap = fabs((double)k / (double)n - end[i]);
                const double z = gap / sqrt(end[i] * (1.0 - end[i]) / (double)n);
                assert_true(fabs(z - 1.959964) < 1e-4);
            }
        }
}

static void mirrors(void **state) {
    (void)state;
    double a, b, c, d;
    edy_proportion_interval(3, 50, &a, &b);
    edy_proportion_interval(47, 50, &c, &d);
    near(a, 1.0 - d);
    near(b, 1.0 - c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_published_values),
        cmocka_unit_test(ends_solve_the_score_equation),
        cmocka_unit_test(mirrors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

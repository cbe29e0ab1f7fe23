/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Statistics against closed forms and published values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "bench/stats.h"

static void assert_near(double got, double expected) {
    if (!(fabs(got - expected) <= 1e-12 * fmax(1, fabs(expected))))
        fail_msg("%.17g is not %.17g", got, expected);
}

static void quantiles_follow_definition_7(void **state) {
    (void)state;
    const double x[] = {1, 2, 4, 8, 16};
    assert_near(edy_median_sorted(x, 5), 4);
    assert_near(edy_median_sorted(x, 4), 3);
    assert_near(edy_quantile_sorted(x, 5, 0), 1);
    assert_near(edy_quantile_sorted(x, 5, 1), 16);
    assert_near(edy_quantile_sorted(x, 5, 0.90), 12.8); /* numpy.percentile([..], 90) */
    assert_near(edy_quantile_sorted(x, 5, 0.1), 1.4);
    assert_near(edy_quantile_sorted(x, 1, 0.99), 1);
    assert_true(isnan(edy_median_sorted(x, 0)));
    /* 1..n: the quantile is 1 + (n-1)p exactly. */
    double ramp[101];
    for (int i = 0; i < 101; i++)
        ramp[i] = i + 1;
    assert_near(edy_quantile_sorted(ramp, 101, 0.99), 100);
    assert_near(edy_quantile_sorted(ramp, 101, 0.255), 26.5);
}

static void mean_is_compensated(void **state) {
    (void)state;
    const double x[] = {1e16, 1, 1, -1e16};
    assert_near(edy_mean(x, 4), 0.5);
    assert_true(isnan(edy_mean(x, 0)));
}

static void mad_of_known_data(void **state) {
    (void)state;
    const double x[] = {1, 1, 2, 2, 4, 6, 9}; /* deviations from 2: 1 1 0 0 2 4 7 */
    double scratch[7];
    assert_near(edy_mad(x, 7, 2, scratch), 1);
    const double same[] = {5, 5, 5};
    assert_near(edy_mad(same, 3, 5, scratch), 0);
}

/* Exact binomial tails: n = 5: P(all on one side) = 2/32 > 5 %: none. n = 6: 2/64: (1, 6). The
 * published table (e.g. Conover, Practical Nonparametric Statistics): n = 10: (2, 9), n = 20: (6,
 * 15), n = 50: (18, 33), n = 100: (40, 61). */
static void ranks_of_the_median(void **state) {
    (void)state;
    const size_t table[][3] = {{6, 1, 6},   {7, 1, 7},   {8, 1, 8},    {9, 2, 8},    {10, 2, 9},
                               {20, 6, 15}, {25, 8, 18}, {30, 10, 21}, {50, 18, 33}, {100, 40, 61}};
    size_t l, u;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        assert_true(edy_quantile_ranks(table[i][0], 0.5, 0.95, &l, &u));
        assert_int_equal(l, table[i][1]);
        assert_int_equal(u, table[i][2]);
    }
    for (size_t n = 0; n < 6; n++)
        assert_false(edy_quantile_ranks(n, 0.5, 0.95, &l, &u));
    /* Normal approximation n/2 -+ 1.96 sqrt(n)/2 at a large n. */
    assert_true(edy_quantile_ranks(10000, 0.5, 0.95, &l, &u));
    assert_true(l >= 4901 && l <= 4903 && u >= 5098 && u <= 5100);
    /* p99 needs many: 0.99^n <= 0.025 from n = 368. */
    assert_false(edy_quantile_ranks(367, 0.99, 0.95, &l, &u));
    assert_true(edy_quantile_ranks(368, 0.99, 0.95, &l, &u));
    assert_int_equal(u, 368);
}

static double uniform(uint64_t *state) {
    return (double)(edy_random_next(state) >> 11) * 0x1p-53;
}

/* 4,000 samples of n = 21 of a skewed distribution: the interval covers the true median in at least
 * 95 % of them (exact coverage of ranks 6, 16 is 97.3 %). */
static void interval_covers_the_median(void **state) {
    (void)state;
    uint64_t seed = 7;
    int covered = 0;
    enum { TRIALS = 4000, N = 21 };
    for (int t = 0; t < TRIALS; t++) {
        double x[N], low, high;
        for (int i = 0; i < N; i++)
            x[i] = -log(1 - uniform(&seed));
        edy_sort(x, N);
        edy_median_interval(x, N, &low, &high);
        covered += low <= log(2) && log(2) <= high;
    }
    assert_true(covered > TRIALS * 0.965 && covered < TRIALS * 0.981);
    double none_low, none_high;
    edy_median_interval((double[]){1, 2, 3}, 3, &none_low, &none_high);
    assert_true(isnan(none_low) && isnan(none_high));
}

static void modified_z_flags_outliers(void **state) {
    (void)state;
    assert_near(edy_modified_z(12, 2, 1, 5), 6.745);
    assert_near(edy_modified_z(12, 2, 0, 5), 10 / (1.253314 * 5));
    assert_near(edy_modified_z(12, 2, 0, 0), 0);
    const double x[] = {10, 11, 9, 10, 12, 8, 10, 11, 100};
    assert_int_equal(edy_count_outliers(x, 9, 10, 1), 1);
    assert_int_equal(edy_count_outliers(x, 8, 10, 1), 0);
    const double almost_same[] = {5, 5, 5, 5, 5, 5, 5, 5, 5, 6};
    assert_int_equal(edy_count_outliers(almost_same, 10, 5, 0), 1);
}

static void ratio_is_exact_for_constants(void **state) {
    (void)state;
    const double a[] = {100, 100, 100, 100}, b[] = {103, 103, 103};
    edy_ratio r;
    assert_true(edy_ratio_of_medians(a, 4, 1, b, 3, 1, 200, 1, &r));
    assert_near(r.ratio, 1.03);
    assert_near(r.low, 1.03);
    assert_near(r.high, 1.03);
    assert_false(edy_ratio_of_medians(a, 0, 1, b, 3, 1, 200, 1, &r));
}

/* Same against same: the 95 % interval holds 1 in about 95 % of trials; 10 % slower is outside
 * it. */
static void ratio_interval_has_its_coverage(void **state) {
    (void)state;
    uint64_t seed = 3;
    enum { TRIALS = 300, N = 200 };
    int holds = 0, found = 0;
    for (int t = 0; t < TRIALS; t++) {
        double a[N], b[N], slow[N];
        for (int i = 0; i < N; i++) {
            a[i] = 100 + 10 * uniform(&seed);
            b[i] = 100 + 10 * uniform(&seed);
            slow[i] = 1.1 * b[i];
        }
        edy_ratio r;
        assert_true(edy_ratio_of_medians(a, N, 1, b, N, 1, 200, (uint64_t)t, &r));
        holds += r.low <= 1 && 1 <= r.high;
        assert_true(edy_ratio_of_medians(a, N, 1, slow, N, 1, 200, (uint64_t)t, &r));
        found += r.low > 1;
    }
    assert_true(holds > TRIALS * 0.90);
    assert_int_equal(found, TRIALS);
}

/* A level that wanders between blocks: single draws do not see it, whole blocks do. */
static void long_blocks_carry_drift(void **state) {
    (void)state;
    uint64_t seed = 5;
    double a[500], b[500];
    for (int i = 0; i < 500; i++) {
        a[i] = 100 + 4 * ((i / 100) % 3) + uniform(&seed);
        b[i] = 100 + 4 * ((i / 100 + 1) % 3) + uniform(&seed);
    }
    edy_ratio draws, blocks;
    assert_true(edy_ratio_of_medians(a, 500, 1, b, 500, 1, 300, 1, &draws));
    assert_true(edy_ratio_of_medians(a, 500, 100, b, 500, 100, 300, 1, &blocks));
    assert_true(blocks.high - blocks.low > 2 * (draws.high - draws.low));
}

static void selection_agrees_with_sorting(void **state) {
    (void)state;
    uint64_t seed = 11;
    for (size_t n = 1; n < 60; n++) {
        double x[60], sorted[60], work[60];
        for (size_t i = 0; i < n; i++)
            sorted[i] = x[i] = (double)(edy_random_next(&seed) % (1 + n / 2)); /* with ties */
        edy_sort(sorted, n);
        for (size_t k = 0; k < n; k++) {
            for (size_t i = 0; i < n; i++)
                work[i] = x[i];
            assert_true(edy_select(work, n, k) == sorted[k]);
        }
        edy_ratio r;
        const double one = 1;
        assert_true(edy_ratio_of_medians(&one, 1, 1, x, n, 1, 100, 1, &r));
        assert_near(r.ratio, edy_median_sorted(sorted, n));
    }
}

static void ratio_is_reproducible(void **state) {
    (void)state;
    double a[50], b[60];
    uint64_t seed = 9;
    for (int i = 0; i < 50; i++)
        a[i] = uniform(&seed);
    for (int i = 0; i < 60; i++)
        b[i] = uniform(&seed);
    edy_ratio one, two;
    assert_true(edy_ratio_of_medians(a, 50, 5, b, 60, 7, 300, 42, &one));
    assert_true(edy_ratio_of_medians(a, 50, 5, b, 60, 7, 300, 42, &two));
    assert_memory_equal(&one, &two, sizeof one);
    assert_true(one.low <= one.ratio && one.ratio <= one.high);
}

/* Nine pairs whose ratios are e^-4 .. e^4, shuffled: the median is 1, and the second smallest and
 * second largest are the ends (P(B < 2) = 10/512 = 2.0 % each). */
static void paired_ratio_in_closed_form(void **state) {
    (void)state;
    static const int order[] = {3, -2, 0, 4, -4, 1, -1, 2, -3};
    double a[9], b[9], scratch[9];
    for (int i = 0; i < 9; i++) {
        b[i] = 10 + 7 * i; /* the pairs' own level cancels */
        a[i] = b[i] * exp(order[i]);
    }
    const edy_ratio r = edy_paired_ratio(a, b, 9, scratch);
    assert_near(r.ratio, 1);
    assert_near(r.low, exp(-3));
    assert_near(r.high, exp(3));
    const edy_ratio swapped = edy_paired_ratio(b, a, 9, scratch);
    assert_near(swapped.low * r.high, 1);
    const edy_ratio seven = edy_paired_ratio(a, b, 7, scratch); /* its ends: smallest, largest */
    assert_near(seven.low, exp(-4));
    assert_near(seven.high, exp(4));
    const edy_ratio five = edy_paired_ratio(a, b, 5, scratch);
    assert_true(isfinite(five.ratio) && isnan(five.low) && isnan(five.high));
    assert_true(isnan(edy_paired_ratio(a, b, 0, scratch).ratio));
}

/* 400 experiments of 9 pairs, of which some share a slow moment: the true ratio must be inside at
 * least 95 % of the time (96.1 % in theory; three sigma of 400 are 2.9 %). */
static void paired_interval_has_its_coverage(void **state) {
    (void)state;
    uint64_t seed = 5;
    int inside = 0;
    for (int e = 0; e < 400; e++) {
        double a[9], b[9], scratch[9];
        for (int i = 0; i < 9; i++) {
            const double slow = uniform(&seed) < 0.3 ? 5 : 1;
            a[i] = slow * 1.25 * exp(0.1 * (uniform(&seed) - 0.5));
            b[i] = slow * exp(0.1 * (uniform(&seed) - 0.5));
        }
        const edy_ratio r = edy_paired_ratio(a, b, 9, scratch);
        inside += r.low <= 1.25 && 1.25 <= r.high;
        assert_true(r.high / r.low < 1.3); /* the slow moments do not widen it */
    }
    assert_in_range(inside, 400 * 93 / 100, 400);
}

static void geometric_mean_of_known_data(void **state) {
    (void)state;
    const double x[] = {2, 8, 1, 1};
    double scratch[4];
    assert_near(edy_geometric_mean(x, 2, scratch), 4);
    assert_near(edy_geometric_mean(x, 4, scratch), 2);
    assert_true(isnan(edy_geometric_mean(x, 0, scratch)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_follow_definition_7),
        cmocka_unit_test(mean_is_compensated),
        cmocka_unit_test(mad_of_known_data),
        cmocka_unit_test(ranks_of_the_median),
        cmocka_unit_test(interval_covers_the_median),
        cmocka_unit_test(modified_z_flags_outliers),
        cmocka_unit_test(ratio_is_exact_for_constants),
        cmocka_unit_test(ratio_interval_has_its_coverage),
        cmocka_unit_test(long_blocks_carry_drift),
        cmocka_unit_test(selection_agrees_with_sorting),
        cmocka_unit_test(ratio_is_reproducible),
        cmocka_unit_test(paired_ratio_in_closed_form),
        cmocka_unit_test(paired_interval_has_its_coverage),
        cmocka_unit_test(geometric_mean_of_known_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

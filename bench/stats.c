/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/stats.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare_doubles(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void edy_sort(double *values, size_t n) {
    if (n > 1)
        qsort(values, n, sizeof *values, compare_doubles);
}

double edy_mean(const double *values, size_t n) {
    double sum = 0, lost = 0;
    for (size_t i = 0; i < n; i++) {
        const double next = sum + values[i];
        lost += fabs(sum) >= fabs(values[i]) ? (sum - next) + values[i] : (values[i] - next) + sum;
        sum = next;
    }
    return n ? (sum + lost) / (double)n : NAN;
}

double edy_quantile_sorted(const double *sorted, size_t n, double p) {
    assert(p >= 0 && p <= 1);
    if (n == 0)
        return NAN;
    const double h = (double)(n - 1) * p;
    const size_t i = (size_t)h;
    if (i + 1 >= n)
        return sorted[n - 1];
    return sorted[i] + (h - (double)i) * (sorted[i + 1] - sorted[i]);
}

double edy_median_sorted(const double *sorted, size_t n) {
    return edy_quantile_sorted(sorted, n, 0.5);
}

double edy_mad(const double *values, size_t n, double median, double *scratch) {
    for (size_t i = 0; i < n; i++)
        scratch[i] = fabs(values[i] - median);
    edy_sort(scratch, n);
    return edy_median_sorted(scratch, n);
}

/* log of the binomial probability P(B = k), 0 < p < 1. */
static double log_binomial(size_t n, size_t k, double p) {
    return lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1) +
           (double)k * log(p) + (double)(n - k) * log1p(-p);
}

bool edy_quantile_ranks(size_t n, double p, double confidence, size_t *lower, size_t *upper) {
    assert(p > 0 && p < 1 && confidence > 0 && confidence < 1);
    const double tail = (1 - confidence) / 2;
    size_t l = 0, u = n + 1;
    double below = 0; /* P(B < l + 1) */
    while (l < n && below + exp(log_binomial(n, l, p)) <= tail) {
        below += exp(log_binomial(n, l, p));
        l++;
    }
    double above = 0; /* P(B >= u - 1) */
    while (u > 1 && above + exp(log_binomial(n, u - 1, p)) <= tail) {
        above += exp(log_binomial(n, u - 1, p));
        u--;
    }
    *lower = l;
    *upper = u;
    return n > 0 && l >= 1 && u <= n && l < u;
}

void edy_median_interval(const double *sorted, size_t n, double *low, double *high) {
    size_t l = 0, u = 0;
    const bool exists = edy_quantile_ranks(n, 0.5, 0.95, &l, &u);
    *low = exists ? sorted[l - 1] : NAN;
    *high = exists ? sorted[u - 1] : NAN;
}

double edy_modified_z(double value, double median, double mad, double mean_abs_deviation) {
    if (mad > 0)
        return 0.6745 * (value - median) / mad;
    if (mean_abs_deviation > 0)
        return (value - median) / (1.253314 * mean_abs_deviation);
    return 0;
}

size_t edy_count_outliers(const double *values, size_t n, double median, double mad) {
    double deviation = 0;
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        deviation += fabs(values[i] - median) / (double)n;
    for (size_t i = 0; i < n; i++)
        count += fabs(edy_modified_z(values[i], median, mad, deviation)) > 3.5;
    return count;
}

uint64_t edy_random_next(uint64_t *state) {
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

double edy_select(double *values, size_t n, size_t k) {
    size_t low = 0, high = n - 1;
    assert(k < n);
    while (low < high) {
        const double pivot = values[low + (high - low) / 2];
        size_t i = low, j = high;
        while (i <= j) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i <= j) {
                const double t = values[i];
                values[i++] = values[j];
                values[j] = t;
                if (j == 0)
                    break;
                j--;
            }
        }
        if (k <= j)
            high = j;
        else if (k >= i)
            low = i;
        else
            break;
    }
    return values[k];
}

/* Median by selection: after it, the lower half stands before k, so its largest is the other
 * middle. */
static double median_by_selection(double *values, size_t n) {
    const size_t k = n / 2;
    const double upper = edy_select(values, n, k);
    if (n % 2 == 1)
        return upper;
    double lower = values[0];
    for (size_t i = 1; i < k; i++)
        lower = fmax(lower, values[i]);
    return lower + 0.5 * (upper - lower);
}

static double median_of(const double *values, size_t n, double *scratch) {
    memcpy(scratch, values, n * sizeof *values);
    return median_by_selection(scratch, n);
}

/* Median of one resample of n values made of blocks; scratch [n]. */
static double resampled_median(const double *values, size_t n, size_t block, uint64_t *state,
                               double *scratch) {
    for (size_t filled = 0; filled < n;) {
        const size_t start = (size_t)(edy_random_next(state) % (n - block + 1));
        const size_t take = block < n - filled ? block : n - filled;
        memcpy(scratch + filled, values + start, take * sizeof *values);
        filled += take;
    }
    return median_by_selection(scratch, n);
}

static size_t cut_block(size_t block, size_t n) {
    return block < 1 ? 1 : block > n ? n : block;
}

bool edy_ratio_of_medians(const double *a, size_t n_a, size_t block_a, const double *b, size_t n_b,
                          size_t block_b, size_t rounds, uint64_t seed, edy_ratio *ratio) {
    assert(rounds >= 100);
    if (n_a == 0 || n_b == 0)
        return false;
    double *scratch = malloc((n_a > n_b ? n_a : n_b) * sizeof *scratch);
    double *ratios = malloc(rounds * sizeof *ratios);
    const bool ok = scratch && ratios;
    if (ok) {
        block_a = cut_block(block_a, n_a);
        block_b = cut_block(block_b, n_b);
        ratio->ratio = median_of(b, n_b, scratch) / median_of(a, n_a, scratch);
        for (size_t i = 0; i < rounds; i++) {
            const double base = resampled_median(a, n_a, block_a, &seed, scratch);
            ratios[i] = resampled_median(b, n_b, block_b, &seed, scratch) / base;
        }
        edy_sort(ratios, rounds);
        ratio->low = edy_quantile_sorted(ratios, rounds, 0.025);
        ratio->high = edy_quantile_sorted(ratios, rounds, 0.975);
    }
    free(scratch);
    free(ratios);
    return ok;
}

edy_ratio edy_paired_ratio(const double *a, const double *b, size_t n, double *scratch) {
    edy_ratio ratio;
    for (size_t i = 0; i < n; i++)
        scratch[i] = log(a[i] / b[i]);
    edy_sort(scratch, n);
    edy_median_interval(scratch, n, &ratio.low, &ratio.high);
    ratio.ratio = exp(edy_median_sorted(scratch, n));
    ratio.low = exp(ratio.low);
    ratio.high = exp(ratio.high);
    return ratio;
}

double edy_geometric_mean(const double *values, size_t n, double *scratch) {
    for (size_t i = 0; i < n; i++)
        scratch[i] = log(values[i]);
    return exp(edy_mean(scratch, n));
}

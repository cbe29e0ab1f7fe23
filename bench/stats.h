/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Statistics as pure functions: no state, no allocation unless said, NAN where undefined. */
#ifndef EDY_STATS_H
#define EDY_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ascending, in place. Values must not be NAN. */
void edy_sort(double *values, size_t n);

/* Compensated sum (Neumaier 1974) / n; NAN for n = 0. */
double edy_mean(const double *values, size_t n);

/* Quantile p in [0, 1] of sorted values, definition 7 of Hyndman and Fan, "Sample quantiles in
 * statistical packages", The American Statistician 50 (1996): with h = (n-1)p, linear between
 * x[floor h] and x[floor h + 1]. What R and numpy do by default. NAN for n = 0. */
double edy_quantile_sorted(const double *sorted, size_t n, double p);
double edy_median_sorted(const double *sorted, size_t n);

/* Median absolute deviation from the median, not scaled to sigma (times 1.4826 it estimates sigma
 * of normal data). scratch [n] is overwritten and may be values itself. */
double edy_mad(const double *values, size_t n, double median, double *scratch);

/* Distribution-free interval of quantile p from order statistics: for a continuous distribution
 * P(x_(l) < q_p < x_(u)) = P(l <= B < u), B ~ Binomial(n, p) (David and Nagaraja, "Order
 * Statistics", 3rd ed., section 7.1). Gives the ranks (1-based) with equal tails: the largest l
 * with P(B < l) <= (1-confidence)/2 and the smallest u with P(B >= u) <= (1-confidence)/2. False
 * where n is too small to have one (n < 6 for the median at 95 %). Independent samples are
 * assumed. */
bool edy_quantile_ranks(size_t n, double p, double confidence, size_t *lower, size_t *upper);

/* The interval itself for the median at 95 %; both NAN where there is none. */
void edy_median_interval(const double *sorted, size_t n, double *low, double *high);

/* Modified z-score 0.6745 (x - median) / MAD; where MAD is 0 (more than half of the values equal),
 * (x - median) / (1.253314 * mean absolute deviation); 0 where that is 0 too. Iglewicz and Hoaglin,
 * "How to Detect and Handle Outliers" (1993). */
double edy_modified_z(double value, double median, double mad, double mean_abs_deviation);
/* How many have |modified z| > 3.5, the limit of the same source. */
size_t edy_count_outliers(const double *values, size_t n, double median, double mad);

/* splitmix64 (Steele, Lea, Flood 2014): the next of a seeded sequence. */
uint64_t edy_random_next(uint64_t *state);

/* k-th smallest (0-based, k < n) by Hoare's quickselect (1961); reorders values. Linear on
 * average. */
double edy_select(double *values, size_t n, size_t k);

/* Interval of median(b) / median(a) by the percentile bootstrap (Efron 1979) over moving blocks
 * (Kuensch 1989): a resample is made of runs of block_a or block_b consecutive samples, because
 * neighbouring latencies are correlated and single draws would give too narrow an interval. Blocks
 * as long as a repetition also carry the drift between repetitions into the interval. Blocks are
 * cut to 1..n. rounds >= 100 resamples, seeded: same input, same answer. Allocates; false where
 * memory ran out or an array is empty. */
typedef struct edy_ratio {
    double ratio, low, high; /* 95 % */
} edy_ratio;
bool edy_ratio_of_medians(const double *a, size_t n_a, size_t block_a, const double *b, size_t n_b,
                          size_t block_b, size_t rounds, uint64_t seed, edy_ratio *ratio);

/* Two things measured in turn, a[i] and b[i] close in time: the median of the n ratios a[i] / b[i]
 * and its distribution-free interval, edy_median_interval of the logarithms: what slows both of a
 * pair (a busy neighbour, a lower clock) cancels, and a swap of a and b gives the inverse. The 95 %
 * are at least 95 %: n = 7 gives the smallest and the largest ratio (98.4 %), n = 9 the second of
 * each end (96.1 %). Values > 0; NAN for n = 0, and low and high for n < 6. scratch [n]. */
edy_ratio edy_paired_ratio(const double *a, const double *b, size_t n, double *scratch);

/* exp of the mean logarithm; values > 0. NAN for n = 0. scratch [n]. */
double edy_geometric_mean(const double *values, size_t n, double *scratch);

#endif

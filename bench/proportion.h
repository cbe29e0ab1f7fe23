/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
/* Interval of a proportion, for accuracy: k of n images were right. */
#ifndef EDY_PROPORTION_H
#define EDY_PROPORTION_H

#include <stdint.h>

/* 95 % score interval (E. B. Wilson, "Probable inference, the law of succession, and statistical
 * inference", JASA 22 (1927), 209-212), without continuity correction. 0 <= k <= n, n >= 1; both
 * ends lie in [0, 1]. Unlike p +- 1.96 sqrt(p (1 - p) / n) it is right near 0 and 1 too. */
void edy_proportion_interval(int64_t k, int64_t n, double *low, double *high);

#endif

/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "bench/proportion.h"

#include <assert.h>
#include <math.h>

void edy_proportion_interval(int64_t k, int64_t n, double *low, double *high) {
    assert(n >= 1 && k >= 0 && k <= n);
    const double z = 1.959963984540054; /* 97.5 % point of the normal distribution */
    const double count = (double)n, p = (double)k / count;
    const double scale = 1.0 + z * z / count;
    const double centre = (p + z * z / (2.0 * count)) / scale;
    const double half = z * sqrt(p * (1.0 - p) / count + z * z / (4.0 * count * count)) / scale;
    *low = k == 0 ? 0.0 : fmax(0.0, centre - half);
    *high = k == n ? 1.0 : fmin(1.0, centre + half);
}

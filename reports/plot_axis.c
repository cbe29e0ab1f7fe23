/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "reports/plot_axis.h"

#include <assert.h>
#include <math.h>

size_t edy_axis_linear(double low, double high, size_t max, double *ticks) {
    static const double steps[] = {1.0, 2.0, 2.5, 5.0};
    assert(low < high && max >= 2 && max <= EDY_AXIS_MAX_TICKS);
    const double least = (high - low) / (double)max;
    double power = pow(10.0, floor(log10(least)));
    for (;; power *= 10.0)
        for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
            const double step = steps[s] * power, slack = 1e-9 * step;
            const double first = ceil((low - slack) / step), last = floor((high + slack) / step);
            if (step < least * (1.0 - 1e-9) || last - first + 1.0 > (double)max)
                continue;
            size_t n = 0;
            for (double k = first; k <= last; k += 1.0)
                ticks[n++] = k * step + 0.0; /* never -0 */
            return n;
        }
}

typedef struct mantissas {
    size_t n;
    double value[3];
} mantissas;

/* Ticks of these mantissas in every `decades`-th decade; more than max are counted, not kept. */
static size_t collect(const mantissas *m, int decades, double low, double high, size_t max,
                      double *ticks) {
    size_t n = 0;
    for (int e = (int)floor(log10(low)); e <= (int)ceil(log10(high)); e++) {
        if (e % decades != 0)
            continue;
        for (size_t i = 0; i < m->n; i++) {
            const double tick = m->value[i] * pow(10.0, e);
            if (tick < low * (1.0 - 1e-9) || tick > high * (1.0 + 1e-9))
                continue;
            if (n < max)
                ticks[n] = tick;
            n++;
        }
    }
    return n;
}

/* Smallest distance of neighbours on the log axis, as a share of it; 1 for fewer than two. */
static double smallest_gap(const double *ticks, size_t n, double low, double high) {
    double least = 1.0;
    for (size_t i = 1; i < n; i++)
        least = fmin(least, log(ticks[i] / ticks[i - 1]) / log(high / low));
    return least;
}

static size_t linear_on_log(double low, double high, double gap, double *ticks) {
    for (size_t max = EDY_AXIS_MAX_TICKS;; max--) {
        const size_t n = edy_axis_linear(low, high, max, ticks);
        if (max == 2 || smallest_gap(ticks, n, low, high) >= gap)
            return n;
    }
}

size_t edy_axis_log(double low, double high, double gap, double *ticks) {
    static const mantissas sets[] = {{3, {1.0, 2.0, 5.0}}, {2, {1.0, 3.0}}, {1, {1.0}}};
    const size_t max = EDY_AXIS_MAX_TICKS;
    assert(low > 0.0 && low < high && gap >= 0.07 && gap <= 0.5);
    for (size_t s = 0; s < sizeof sets / sizeof *sets; s++) {
        const size_t n = collect(&sets[s], 1, low, high, max, ticks);
        if (n < 2)
            return linear_on_log(low, high, gap, ticks);
        if (n <= max && smallest_gap(ticks, n, low, high) >= gap)
            return n;
    }
    for (int decades = 2;; decades++) {
        const size_t n = collect(&sets[2], decades, low, high, max, ticks);
        if (n <= max && smallest_gap(ticks, n, low, high) >= gap)
            return n;
    }
}

/* SPDX-License-Identifier: Apache-2.0
 * Copyright The edgedyno authors */
#include "engine/kernels/speed/peak.h"

#include <time.h>

/* GCC's vector extension: the widest registers that the compiler's flags allow. */
enum { LANES = 8, CHAINS = 12 };
typedef float vector __attribute__((vector_size(LANES * sizeof(float))));

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static float chains(long loops) {
    vector acc[CHAINS], x = {0}, y = {0};
    for (int lane = 0; lane < LANES; lane++) {
        x[lane] = 0.999f + 1e-5f * (float)lane;
        y[lane] = 1e-3f;
    }
    for (int i = 0; i < CHAINS; i++)
        acc[i] = y;
    for (long l = 0; l < loops; l++) {
#pragma GCC unroll 12
        for (int i = 0; i < CHAINS; i++)
            acc[i] = acc[i] * x + y;
    }
    float sum = 0.0f;
    for (int i = 0; i < CHAINS; i++)
        for (int lane = 0; lane < LANES; lane++)
            sum += acc[i][lane];
    return sum;
}

double edy_peak_gflops(void) {
    enum { LOOPS = 20000 };
    volatile float keep; /* so that the sums are computed */
    double best = 0.0;
    for (int i = 0; i < 500; i++) {
        const double start = seconds();
        keep = chains(LOOPS);
        (void)keep;
        const double rate = 2e-9 * LOOPS * CHAINS * LANES / (seconds() - start);
        best = rate > best ? rate : best;
    }
    return best;
}
